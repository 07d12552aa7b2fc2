/**
 * Exact edge patching: for every edge of the graph alone, how the metric changes when the writer's contribution to the
 * reader is replaced and nothing else is.
 *
 *   effect(s -> r) = mean over pairs of  m( clean run, r reads s' in place of s ) - m( clean run )
 *
 * 1. The clean and the corrupted run are recorded: every write, and the stream at the start of every layer.
 * 2. Ablating one edge leaves everything before its reader as it was, so a run starts at the reader's layer from the
 *    clean stream, with the difference s' - s added to what the reader reads.
 * 3. All writers of one reader run together, a copy of the batch each, as many at once as memory allows.
 *
 * Cost: one partial forward pass an edge. Source: arXiv:2304.14997 §3.1 (interchange ablation of one edge).
 */
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { HookFunction, Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { circuitGraph, type CircuitGraph, type Reader } from './components/circuit-graph'
import { recordCircuit, type CircuitPlan, type CircuitRecording } from './components/circuit-recording'
import { notTransformer, transformerSettings } from './components/head-weights'
import { sequencesOf, wholeOf } from './components/pairs'

export interface EdgeScores {
  /** By edge number of the graph. */
  readonly scores: Float64Array
  readonly done: number
  readonly total: number
}

export default defineAnalysis<CircuitPlan, EdgeScores>({
  id: 'edge-patching',
  title: 'Exact edge patching',
  definition:
    'For each edge alone: the mean over pairs of the metric when the reader reads the writer’s substitute in place of ' +
    'what it writes, everything else as in the clean run, minus the clean run’s metric.',
  source: 'arXiv:2304.14997 §3.1',
  unsuitable: notTransformer,
  measure(network, plan) {
    const steps = edgeEffects(network, plan)
    for (;;) {
      const { done, value } = steps.next()
      if (done) return value
    }
  },
})

/** Numbers of the largest activation of a run, as components/patch-recording.ts reckons. */
const largestActivation = 2 ** 20

/** Yields what it has after each batch of runs; the scores of edges not reached are NaN. */
export function* edgeEffects(network: Network, plan: CircuitPlan): Generator<EdgeScores, EdgeScores> {
  const graph = circuitGraph(transformerSettings(network))
  const scores = new Float64Array(graph.edgeCount).fill(NaN)
  const recording = recordCircuit(network, graph, plan)
  let done = 0
  try {
    for (const reader of graph.readers) {
      const copies = copiesAtOnce(network, plan)
      for (let first = 0; first < reader.writerCount; first += copies) {
        const count = Math.min(copies, reader.writerCount - first)
        const effects = scoped(() => effectsOf(network, plan, recording, { reader, first, count }))
        scores.set(effects, reader.firstEdge + first)
        done += count
        yield { scores, done, total: graph.edgeCount }
      }
    }
  } finally {
    recording.dispose()
  }
  return { scores, done, total: graph.edgeCount }
}

function copiesAtOnce(network: Network, { pairs }: CircuitPlan): number {
  const { n_heads, d_model, d_mlp } = transformerSettings(network)
  const widest = Math.max(n_heads * d_model, d_mlp, n_heads * pairs.length)
  return Math.max(1, Math.floor(largestActivation / (pairs.count * pairs.length * widest)))
}

interface WritersOf {
  readonly reader: Reader
  /** The writers `first` to `first + count - 1`. */
  readonly first: number
  readonly count: number
}

function effectsOf(network: Network, { pairs }: CircuitPlan, recording: CircuitRecording, of: WritersOf): Float64Array {
  const { reader, first, count } = of
  const place = placeOf(reader, recording.graph)
  const tiled = (x: Tensor): Tensor => x.tile([count, ...x.shape.slice(1).map(() => 1)])
  const [, batch, length, d_model] = recording.differences.shape as [number, number, number, number]
  const delta = recording.differences.slice([first], [count]).reshape([count * batch, length, d_model])
  const entry = { hook: place.entry, resid: tiled(recording.stream(place.entry)) }
  const sequences = { ...sequencesOf(pairs, 'clean', wholeOf(pairs), count), from: entry }
  const logits = network.run(sequences, { [place.hook]: addAt(delta, reader.head) })
  const metric = recording.reader.read(logits, wholeOf(pairs)).mean(1).dataSync()   // [copy]
  return Float64Array.from(metric, (value) => value - recording.cleanMetric)
}

/** Adds a delta [batch, pos, d_model] to the stream, or to one head's part of [batch, pos, head, d_model]. */
function addAt(delta: Tensor, head: number | undefined): HookFunction {
  return (activation) => {
    if (head === undefined) return activation.add(delta)
    const heads = activation.shape[2]!
    const only = tf.tensor4d(Float32Array.from({ length: heads }, (_, i) => (i === head ? 1 : 0)), [1, 1, heads, 1])
    return activation.add(delta.expandDims(2).mul(only))
  }
}

/** Where a reader reads, and the latest place before it that a run can start from. */
export function placeOf({ layer, letter, name }: Reader, graph: CircuitGraph): { readonly hook: string; readonly entry: string } {
  if (name === graph.readers.at(-1)!.name) {
    const last = `blocks.${layer - 1}.hook_resid_post`
    return { hook: last, entry: last }
  }
  if (letter) return { hook: `blocks.${layer}.hook_${letter}_input`, entry: `blocks.${layer}.hook_resid_pre` }
  return { hook: `blocks.${layer}.hook_mlp_in`, entry: `blocks.${layer}.hook_resid_mid` }
}
