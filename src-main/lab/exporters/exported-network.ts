/**
 * A network as two files that others read: its tensors as safetensors, and a configuration. A transformer's carry the names
 * TransformerLens gives them (`embed.W_E`, `blocks.0.attn.W_Q`, `unembed.W_U`), shapes included, and its configuration
 * TransformerLens's keys. What that does not know, under `grokscope`, is every setting by its name here.
 *
 * resources/export/load_grokscope.py reads the pair with PyTorch alone.
 */
import type { Network } from '../models/network'
import type { TransformerSettings } from '../models/components/transformer-fields'
import type { Dimensions } from '../models/model'
import { safetensorsFile } from './safetensors'

export interface ExportedNetwork {
  readonly tensors: Uint8Array<ArrayBuffer>
  /** JSON. */
  readonly config: string
}

export function exportedNetwork({ model, settings, dims, arrays }: Network): ExportedNetwork {
  const isTransformer = model.id === 'transformer'
  const named = Object.entries(arrays).map(([name, array]) => [isTransformer ? lensName(name) : name, array] as const)
  const { n_ctx, d_vocab, d_vocab_out } = dims
  const lens = isTransformer ? lensConfig(settings as unknown as TransformerSettings, dims) : {} // a transformer's settings
  const config = { ...lens, grokscope: { model: model.id, settings, dims: { n_ctx, d_vocab, d_vocab_out } } }
  return {
    tensors: safetensorsFile(Object.fromEntries(named), { format: 'pt' }),
    config: `${JSON.stringify(config, null, 2)}\n`,
  }
}

function lensName(name: string): string {
  const holders: Readonly<Record<string, string>> = { W_E: 'embed', W_pos: 'pos_embed', W_U: 'unembed', b_U: 'unembed' }
  return Object.hasOwn(holders, name) ? `${holders[name]}.${name}` : name
}

/** Source: TransformerLens, HookedTransformerConfig. */
function lensConfig(settings: TransformerSettings, dims: Dimensions): Readonly<Record<string, unknown>> {
  const { n_layers, d_model, n_heads, d_head, d_mlp, activation, normalization, normEpsilon, attentionScale } = settings
  const positions = { learned: 'standard', rotary: 'rotary', none: 'none' } as const
  return {
    n_layers,
    d_model,
    n_heads,
    d_head,
    d_mlp,
    n_ctx: dims.n_ctx,
    d_vocab: dims.d_vocab,
    d_vocab_out: dims.d_vocab_out,
    act_fn: activation,
    attn_only: settings.attentionOnly,
    gated_mlp: settings.gatedMlp,
    normalization_type: normalization === 'none' ? null : normalization,
    final_rms: normalization.startsWith('RMS'),
    eps: normEpsilon,
    positional_embedding_type: positions[settings.positions],
    ...(settings.positions === 'rotary' && { rotary_base: settings.rotaryBase, rotary_dim: d_head - (d_head % 2) }),
    attention_dir: settings.attentionDirection,
    use_attn_scale: true,
    attn_scale: attentionScale || Math.sqrt(d_head),
    tie_word_embeddings: settings.tiedUnembedding,
    dtype: 'float32',
  }
}
