/**
 * Runs a transformer with any set of its edges ablated, exactly.
 *
 *   reader's stream = stream + sum over ablated edges of (substitute of the writer - what it writes in this run)
 *
 * 1. The substitutes are fixed beforehand: the corrupted run's writes (resample), their mean over sequences, or zero.
 * 2. During a run every write is caught at its hook point; at each reader's hook point the differences of the writers read
 *    so far are summed with the mask's coefficients in one product: [reader, writer] × [writer, batch · pos · d_model].
 *
 * With every edge ablated and the corrupted run's writes as substitutes the logits are the corrupted run's; with none they
 * are the clean run's. Both hold up to rounding, whatever the network.
 *
 * Memory: all writes of one batch, (1 + layers · (heads + 1)) · batch · pos · d_model numbers, twice.
 * Source: arXiv:2304.14997 §3, arXiv:2310.10348 §2.
 */
import { tf, type Tensor } from '../../../engine/tf'
import type { HookFunction, Hooks, Network, Sequences } from '../../models/network'
import type { TransformerSettings } from '../../models/components/transformer-fields'
import type { CircuitGraph, Letter, Reader } from './circuit-graph'

/** Same list as the contract's once there is one. */
export const edgeAblations = ['resample', 'mean', 'mean-by-position', 'zero'] as const
export type EdgeAblation = (typeof edgeAblations)[number]

export const ablationDefinitions: Readonly<Record<EdgeAblation, string>> = {
  resample: 'what the writer writes in the corrupted run',
  mean: 'the mean of what the writer writes over corrupted sequences and positions',
  'mean-by-position': 'the mean of what the writer writes over corrupted sequences, at each position',
  zero: 'zero',
}

/** What every writer writes, in the graph's order: [writer, batch, pos, d_model]. The caller disposes it. */
export function recordWrites(network: Network, graph: CircuitGraph, sequences: Sequences): Tensor {
  const names = writeHooks(network.settings as TransformerSettings) // a graph is made of a transformer's settings
  const { logits, cache } = network.record(sequences, names)
  const writes = tf.tidy(() => tf.stack(writesIn(graph, (hook) => cache.get(hook)!)))
  tf.dispose([logits, ...cache.values()])
  return writes
}

/** What stands in for the writes along an ablated edge, from those of the corrupted run. The caller disposes it. */
export function substitutesOf(corrupted: Tensor, ablation: EdgeAblation): Tensor {
  return tf.tidy(() => {
    switch (ablation) {
      case 'resample':
        return corrupted.clone()
      case 'mean':
        return corrupted.mean([1, 2], true).add(tf.zerosLike(corrupted))
      case 'mean-by-position':
        return corrupted.mean(1, true).add(tf.zerosLike(corrupted))
      case 'zero':
        return tf.zerosLike(corrupted)
    }
  })
}

/** Hooks that ablate the edges where `kept` is 0. Valid for one run at a time of the sequences the substitutes fit. */
export function edgeHooks(graph: CircuitGraph, substitutes: Tensor, kept: Uint8Array): Hooks {
  const [, batch, length, d_model] = substitutes.shape as [number, number, number, number]
  const size = batch * length * d_model
  const written: Tensor[] = []
  const hooks: Record<string, HookFunction> = {}

  /** Σ over ablated edges, one row a reader: [reader, size]. */
  function changeFor(readers: readonly Reader[]): Tensor | undefined {
    const { writerCount } = readers[0]!
    const coefficients = Float32Array.from({ length: readers.length * writerCount }, (_, i) => {
      return kept[readers[Math.floor(i / writerCount)]!.firstEdge + (i % writerCount)] ? 0 : 1
    })
    if (coefficients.every((one) => one === 0)) return undefined
    const flat = substitutes.reshape([graph.writers.length, size])
    const differences = flat.slice([0, 0], [writerCount, size]).sub(tf.stack(written.slice(0, writerCount)))
    return tf.matMul(tf.tensor2d(coefficients, [readers.length, writerCount]), differences)
  }
  const catching = (hook: string, take: (x: Tensor) => Tensor[]): void => {
    const before = hooks[hook]
    hooks[hook] = (activation) => {
      const passed = before?.(activation) ?? activation
      for (const write of take(passed)) written.push(write.reshape([size]))
      return passed
    }
  }
  const reading = (hook: string, readers: readonly Reader[]): void => {
    hooks[hook] = (activation) => {
      const change = changeFor(readers)
      if (!change) return activation
      if (readers.length === 1 && readers[0]!.head === undefined) return activation.add(change.reshape(activation.shape))
      return activation.add(change.reshape([readers.length, batch, length, d_model]).transpose([1, 2, 0, 3]))
    }
  }

  const layers = Math.max(...graph.writers.map(({ layer }) => layer)) + 1
  for (let layer = 0; layer < layers; layer++) {
    const name = `blocks.${layer}`
    const readersOf = (letter?: Letter): readonly Reader[] => graph.readers.filter((one) => one.layer === layer && one.letter === letter)
    if (layer === 0) {
      catching(`${name}.hook_resid_pre`, (resid) => {
        written.length = 0
        return [resid]
      })
    }
    for (const letter of ['q', 'k', 'v'] as const) reading(`${name}.hook_${letter}_input`, readersOf(letter))
    catching(`${name}.attn.hook_result`, byHead)
    const mlp = readersOf()
    if (mlp.length === 0) continue
    reading(`${name}.hook_mlp_in`, mlp)
    catching(`${name}.hook_mlp_out`, (out) => [out])
  }
  reading(`blocks.${layers - 1}.hook_resid_post`, graph.readers.filter(({ name }) => name === 'logits'))
  return hooks
}

function writeHooks({ n_layers, attentionOnly }: TransformerSettings): readonly string[] {
  const ofLayer = (layer: number): readonly string[] => [
    `blocks.${layer}.attn.hook_result`,
    ...(attentionOnly ? [] : [`blocks.${layer}.hook_mlp_out`]),
  ]
  return ['blocks.0.hook_resid_pre', ...Array.from({ length: n_layers }, (_, layer) => ofLayer(layer)).flat()]
}

function writesIn(graph: CircuitGraph, activation: (hook: string) => Tensor): Tensor[] {
  return graph.writers.map(({ layer, head }) => {
    if (layer < 0) return activation('blocks.0.hook_resid_pre')
    if (head === undefined) return activation(`blocks.${layer}.hook_mlp_out`)
    return activation(`blocks.${layer}.attn.hook_result`).slice([0, 0, head, 0], [-1, -1, 1, -1]).squeeze([2])
  })
}

/** [batch, pos, head, d_model] as one tensor a head. */
function byHead(result: Tensor): Tensor[] {
  const heads = result.shape[2]!
  return Array.from({ length: heads }, (_, head) => result.slice([0, 0, head, 0], [-1, -1, 1, -1]).squeeze([2]))
}
