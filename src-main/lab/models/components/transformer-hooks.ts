/** Hook points of a transformer, in the order the forward pass reaches them when every one of them is wanted. */
import type { Axis } from '../../axes'
import type { HookPoint } from '../hook-point'
import type { Dimensions } from '../model'
import { hasNorm, type TransformerSettings } from './transformer-fields'

export function transformerHooks(settings: TransformerSettings, { n_ctx }: Dimensions): readonly HookPoint[] {
  const at = pointsOf(settings, n_ctx)
  const layers = Array.from({ length: settings.n_layers }, (_, layer) => blockHooks(settings, `blocks.${layer}`, n_ctx)).flat()
  return [
    at.stream('hook_embed'),
    ...(settings.positions === 'learned' ? [at.stream('hook_pos_embed')] : []),
    ...layers,
    ...at.norm('ln_final'),
  ]
}

function blockHooks(settings: TransformerSettings, block: string, n_ctx: number): readonly HookPoint[] {
  const at = pointsOf(settings, n_ctx)
  const { n_heads, d_mlp, positions, attentionOnly, gatedMlp } = settings
  const attn = `${block}.attn`
  const rotary = positions === 'rotary' ? [at.head(`${attn}.hook_rot_q`), at.head(`${attn}.hook_rot_k`)] : []
  const streamByHead = (name: string): HookPoint => ({ name, axes: ['batch', 'pos', 'head', 'd_model'], shape: [n_ctx, n_heads, settings.d_model] })
  const neurons = (name: string): HookPoint => ({ name: `${block}.mlp.${name}`, axes: ['batch', 'pos', 'd_mlp'], shape: [n_ctx, d_mlp] })
  const mlp = [
    at.stream(`${block}.hook_resid_mid`),
    at.stream(`${block}.hook_mlp_in`),
    ...at.norm(`${block}.ln2`),
    neurons('hook_pre'),
    ...(gatedMlp ? [neurons('hook_pre_linear')] : []),
    neurons('hook_post'),
    at.stream(`${block}.hook_mlp_out`),
  ]
  return [
    at.stream(`${block}.hook_resid_pre`),
    ...['q', 'k', 'v'].map((letter) => streamByHead(`${block}.hook_${letter}_input`)),
    ...at.norm(`${block}.ln1`),
    at.head(`${attn}.hook_q`),
    at.head(`${attn}.hook_k`),
    at.head(`${attn}.hook_v`),
    ...rotary,
    at.pattern(`${attn}.hook_attn_scores`),
    at.pattern(`${attn}.hook_pattern`),
    at.head(`${attn}.hook_z`),
    streamByHead(`${attn}.hook_result`),
    at.stream(`${block}.hook_attn_out`),
    ...(attentionOnly ? [] : mlp),
    at.stream(`${block}.hook_resid_post`),
  ]
}

interface Points {
  stream(name: string): HookPoint
  head(name: string): HookPoint
  pattern(name: string): HookPoint
  norm(name: string): readonly HookPoint[]
}

function pointsOf(settings: TransformerSettings, n_ctx: number): Points {
  const { d_model, n_heads, d_head } = settings
  const point = (name: string, axes: readonly Axis[], shape: readonly number[]): HookPoint => ({ name, axes, shape })
  const stream = (name: string): HookPoint => point(name, ['batch', 'pos', 'd_model'], [n_ctx, d_model])
  return {
    stream,
    head: (name) => point(name, ['batch', 'pos', 'head', 'd_head'], [n_ctx, n_heads, d_head]),
    pattern: (name) => point(name, ['batch', 'head', 'query_pos', 'key_pos'], [n_heads, n_ctx, n_ctx]),
    norm: (name) =>
      hasNorm(settings)
        ? [point(`${name}.hook_scale`, ['batch', 'pos', 'component'], [n_ctx, 1]), stream(`${name}.hook_normalized`)]
        : [],
  }
}
