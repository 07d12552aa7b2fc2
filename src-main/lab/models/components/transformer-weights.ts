/**
 * Parameters of a transformer: names, axes and shapes, and how they start.
 *
 * Matrices start normal with deviation 1 / sqrt(d_model), the unembedding with 1 / sqrt(d_vocab_out); biases at 0, norm
 * weights at 1. Each draws from a generator of its own name. Source: the code of arXiv:2301.05217.
 */
import { namedArray, sizeOf, type FloatArray } from '../../../base/array'
import type { Rng } from '../../../base/rng'
import type { Dimensions, ParameterForm } from '../model'
import { centresNorm, hasNormWeights, type TransformerSettings } from './transformer-fields'

export interface StartingForm extends ParameterForm {
  readonly start: 'normal' | 'zero' | 'one'
}

/** Every parameter, in the order of the forward pass. */
export function parameterForms(settings: TransformerSettings, dims: Dimensions): readonly StartingForm[] {
  const { n_layers, d_model, tiedUnembedding, biases, positions } = settings
  const layers = Array.from({ length: n_layers }, (_, layer) => blockForms(settings, `blocks.${layer}`)).flat()
  return [
    form('W_E', { d_vocab: dims.d_vocab, d_model }),
    ...(positions === 'learned' ? [form('W_pos', { pos: dims.n_ctx, d_model })] : []),
    ...layers,
    ...normForms(settings, 'ln_final'),
    ...(tiedUnembedding ? [] : [form('W_U', { d_model, d_vocab: dims.d_vocab_out })]),
    ...(biases ? [form('b_U', { d_vocab: dims.d_vocab_out }, 'zero')] : []),
  ]
}

export function initialArray({ name, axes, shape, start }: StartingForm, settings: TransformerSettings, rng: Rng): FloatArray {
  const data = new Float32Array(sizeOf(shape))
  if (start === 'one') data.fill(1)
  if (start === 'normal') {
    const deviation = settings.initScale / Math.sqrt(name === 'W_U' ? shape[1]! : settings.d_model)
    const draws = rng.fork(name)
    for (let i = 0; i < data.length; i++) data[i] = deviation * draws.normal()
  }
  return namedArray(axes, shape, data)
}

function blockForms(settings: TransformerSettings, block: string): readonly StartingForm[] {
  const { n_heads: head, d_model, d_head, biases } = settings
  const readers = ['Q', 'K', 'V'].flatMap((letter) => [
    form(`${block}.attn.W_${letter}`, { head, d_model, d_head }),
    ...(biases ? [form(`${block}.attn.b_${letter}`, { head, d_head }, 'zero')] : []),
  ])
  return [
    ...normForms(settings, `${block}.ln1`),
    ...readers,
    form(`${block}.attn.W_O`, { head, d_head, d_model }),
    ...(biases ? [form(`${block}.attn.b_O`, { d_model }, 'zero')] : []),
    ...(settings.attentionOnly ? [] : mlpForms(settings, block)),
  ]
}

function mlpForms(settings: TransformerSettings, block: string): readonly StartingForm[] {
  const { d_model, d_mlp, biases, gatedMlp } = settings
  return [
    ...normForms(settings, `${block}.ln2`),
    ...(gatedMlp ? [form(`${block}.mlp.W_gate`, { d_model, d_mlp })] : []),
    form(`${block}.mlp.W_in`, { d_model, d_mlp }),
    ...(biases ? [form(`${block}.mlp.b_in`, { d_mlp }, 'zero')] : []),
    form(`${block}.mlp.W_out`, { d_mlp, d_model }),
    ...(biases ? [form(`${block}.mlp.b_out`, { d_model }, 'zero')] : []),
  ]
}

function normForms(settings: TransformerSettings, name: string): readonly StartingForm[] {
  if (!hasNormWeights(settings)) return []
  const weight = form(`${name}.w`, { d_model: settings.d_model }, 'one')
  return centresNorm(settings) ? [weight, form(`${name}.b`, { d_model: settings.d_model }, 'zero')] : [weight]
}

function form(name: string, lengths: Readonly<Record<string, number>>, start: StartingForm['start'] = 'normal'): StartingForm {
  return { name, axes: Object.keys(lengths), shape: Object.values(lengths), start }
}
