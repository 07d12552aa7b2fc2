/**
 * Stacks of linear layers: torch.nn.Linear's `weight` [out, in] and `bias`, or RIB's `W` [in, out] and `b`.
 *
 * The layers are the matrices in the order of the file; each must be as wide as the next one is deep. The model has one
 * hidden width: narrower layers are filled up with neurons of zero weights, which no activation of ours wakes, and the
 * mapping says so.
 */
import { err, ok, type Result } from '../../../base/result'
import type { ReadCheckpoint, ReadTensor } from '../importer'
import { configurationOf, createDraft, shapeText, type Draft } from './components/draft'
import { activationFrom } from './components/transformer-settings'
import { defineLayout, type Evidence, type Mapping, type NamedReason, type ParameterSource, type Part, type Step } from './layout'

interface LinearLayer {
  readonly weight: ReadTensor
  readonly bias: ReadTensor | undefined
  readonly isOutFirst: boolean
  readonly from: number
  readonly to: number
}

export default defineLayout({
  id: 'mlp-stack',
  title: 'Stack of linear layers',
  source: 'torch.nn.Linear; ApolloResearch/rib, MLP',

  recognize(checkpoint): Evidence {
    const layers = layersOf(checkpoint)
    if (typeof layers === 'string') return { score: 0, reasons: [] }
    const widths = [layers[0]!.from, ...layers.map(({ to }) => to)]
    return { score: 0.8, reasons: [`${layers.length} matrices in order fit end to end: ${widths.join(' → ')}`] }
  },

  propose(checkpoint, answers): Result<Mapping, 'IMPORT_REFUSED'> {
    const layers = layersOf(checkpoint)
    return typeof layers === 'string' ? err('IMPORT_REFUSED', layers) : ok(mappingOf(checkpoint, layers, createDraft(answers)))
  },
})

/** The layers, or why there are none. */
function layersOf({ tensors }: ReadCheckpoint): readonly LinearLayer[] | string {
  const weights = tensors.filter(({ name, shape }) => /(^|\.)(weight|W)$/.test(name) && shape.length === 2)
  const others = tensors.filter(({ name, shape }) => shape.length > 2 || /(embed|attn|norm|wte)/i.test(name))
  if (weights.length < 2 || others.length > 0) return 'the file is no stack of two or more linear layers'
  const layers = weights.map((weight): LinearLayer => {
    const isOutFirst = weight.name.endsWith('weight')
    const [rows, columns] = weight.shape as [number, number]
    const biasName = weight.name.replace(/weight$/, 'bias').replace(/W$/, 'b')
    const bias = tensors.find(({ name }) => name === biasName)
    return { weight, bias, isOutFirst, from: isOutFirst ? columns : rows, to: isOutFirst ? rows : columns }
  })
  const broken = layers.findIndex((layer, i) => i > 0 && layers[i - 1]!.to !== layer.from)
  return broken < 0 ? layers : `${layers[broken]!.weight.name} ${shapeText(layers[broken]!.weight.shape)} does not fit the layer before it`
}

function mappingOf(checkpoint: ReadCheckpoint, layers: readonly LinearLayer[], draft: Draft): Mapping {
  const hidden = layers.slice(0, -1).map(({ to }) => to)
  const widths = hidden.join(', ')
  const d_mlp = draft.infer('d_mlp', Math.max(...hidden), `the widest of the hidden layers ${widths}`)
  const config = configurationOf(checkpoint)
  const n_ctx = layers[0]!.from
  const isImage = n_ctx === 784
  const settings = {
    n_layers: draft.infer('n_layers', hidden.length, `hidden layers ${widths}`),
    d_mlp,
    activation: activationFrom(draft, config.activation_fn ?? config.act_fn, 'relu', 'the configuration'),
    biases: draft.infer('biases', layers.some(({ bias }) => bias), 'by whether any layer has a bias'),
    inputScale: draft.ask({
      key: 'inputScale',
      title: 'Input scale',
      default: isImage ? 1 / 255 : 1,
      candidates: [1, 1 / 255],
      reason: 'inputs are whole numbers here, times this; 1 / 255 for pixels that the network was given from 0 to 1',
    }),
  }
  const d_vocab = draft.ask({
    key: 'd_vocab',
    title: 'Input values',
    default: 256,
    candidates: [2, 256],
    reason: `each of the ${n_ctx} inputs is a whole number below this; 256 for pixels`,
  })
  const parameters = layers.flatMap((layer, i) => layerParameters(layer, { i, last: layers.length - 1, d_mlp, biases: settings.biases }))
  const taken = new Set(layers.flatMap(({ weight, bias }) => [weight.name, ...(bias ? [bias.name] : [])]))
  const left = checkpoint.tensors.filter(({ name }) => !taken.has(name))
  return {
    layoutId: 'mlp-stack',
    modelId: 'mlp-stack',
    settings,
    dims: { n_ctx, d_vocab, d_vocab_out: layers.at(-1)!.to },
    parameters,
    inferred: draft.inferred,
    questions: draft.questions,
    unused: left.map(({ name }) => ({ name, reason: 'the layout knows no use for it' })),
    missing: missingIn(layers, d_mlp, settings.biases),
    answers: draft.answers,
    warnings: draft.warnings,
  }
}

interface LayerPlace {
  readonly i: number
  readonly last: number
  readonly d_mlp: number
  readonly biases: boolean
}

function layerParameters({ weight, bias, isOutFirst, from, to }: LinearLayer, { i, last, d_mlp, biases }: LayerPlace): readonly ParameterSource[] {
  const rows = i === 0 ? from : d_mlp
  const columns = i === last ? to : d_mlp
  const flip: readonly Step[] = isOutFirst ? [{ op: 'transpose', order: [1, 0] }] : []
  const axes = [i === 0 ? 'pos' : 'd_mlp', i === last ? 'd_vocab' : 'd_mlp']
  const outAxis = axes[1]!
  const matrix: ParameterSource = filled({ name: `layers.${i}.W`, axes, shape: [rows, columns] }, { from: weight.name, steps: flip }, [from, to])
  if (!biases) return [matrix]
  const vector = { name: `layers.${i}.b`, axes: [outAxis], shape: [columns] }
  return [matrix, bias ? filled(vector, { from: bias.name, steps: [] }, [to]) : { ...vector, parts: [{ fill: 0, shape: [columns] }], axis: 0 }]
}

/** The part as the upper left corner of the parameter, zeros elsewhere. */
function filled(form: Pick<ParameterSource, 'name' | 'axes' | 'shape'>, part: Extract<Part, { from: string }>, own: readonly number[]): ParameterSource {
  const steps = form.shape.flatMap((length, axis): readonly Step[] => (own[axis] === length ? [] : [{ op: 'pad', axis, length }]))
  return { ...form, parts: [{ from: part.from, steps: [...part.steps, ...steps] }], axis: 0 }
}

function missingIn(layers: readonly LinearLayer[], d_mlp: number, biases: boolean): readonly NamedReason[] {
  return layers.flatMap(({ bias, to }, i) => [
    ...(biases && !bias ? [{ name: `layers.${i}.b`, reason: 'not in the file; zeros stand in its place' }] : []),
    ...(i < layers.length - 1 && to < d_mlp ? [{ name: `layers.${i}.W`, reason: `neurons ${to} to ${d_mlp - 1} are not in the file; they have zero weights` }] : []),
  ])
}
