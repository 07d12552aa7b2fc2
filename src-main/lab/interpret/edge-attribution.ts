/**
 * Edge attribution patching: every edge's effect to first order, from gradients of the metric at what each reader reads.
 *
 *   EAP           score(s -> r) = mean over pairs of  (s' - s) · d m / d input_r   at the clean run
 *   EAP-IG        the gradient averaged over runs whose input embeddings lie at z' + (k / m)(z - z'), k = 1 .. m,
 *                 with z the clean and z' the corrupted embeddings
 *
 * Exact where the metric is linear in what the reader reads: without a norm, every edge into the logits for the logit
 * difference. A metric that is flat at the clean run (KL divergence from it) gives EAP nothing to go by.
 *
 * Source: arXiv:2310.10348 eq. 2 (EAP), arXiv:2403.17806 eq. 4 (EAP-IG, inputs).
 * Differs: the authors' code of EAP-IG takes k = 0 .. m - 1, starting at the corrupted input and never reaching the clean one.
 */
import { scoped, tf, type Scalar, type Tensor } from '../../engine/tf'
import type { HookFunction, Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { circuitGraph, type Reader } from './components/circuit-graph'
import { recordCircuit, type CircuitPlan, type CircuitRecording } from './components/circuit-recording'
import { notTransformer, transformerSettings } from './components/head-weights'
import { sequencesOf, wholeOf } from './components/pairs'
import { placeOf, type EdgeScores } from './edge-patching'

export interface AttributionPlan extends CircuitPlan {
  /** Points of the integral; 1 is EAP. */
  readonly steps: number
}

export default defineAnalysis<AttributionPlan, EdgeScores>({
  id: 'edge-attribution',
  title: 'Edge attribution patching',
  definition:
    'First-order estimate of exact edge patching: the mean over pairs of (substitute − write) · ∂m/∂(what the reader reads), ' +
    'the gradient taken at the clean run or averaged over inputs on the line from the corrupted to the clean embeddings.',
  source: 'arXiv:2310.10348 eq. 2; with integrated gradients arXiv:2403.17806 eq. 4',
  unsuitable: notTransformer,
  measure(network, plan) {
    const graph = circuitGraph(transformerSettings(network))
    const recording = recordCircuit(network, graph, plan)
    try {
      const scores = new Float64Array(graph.edgeCount)
      for (let k = 1; k <= plan.steps; k++) {
        const part = scoped(() => scoresAt(network, plan, recording, k / plan.steps))
        part.forEach((score, edge) => void (scores[edge]! += score / plan.steps))
      }
      return { scores, done: scores.length, total: scores.length }
    } finally {
      recording.dispose()
    }
  },
})

interface Place {
  readonly hook: string
  readonly readers: readonly Reader[]
}

/** Scores with the gradient at z' + share (z - z'). */
function scoresAt(network: Network, { pairs }: CircuitPlan, recording: CircuitRecording, share: number): Float64Array {
  const { graph, reader, differences } = recording
  const [writers, batch, length, d_model] = differences.shape as [number, number, number, number]
  const places = placesOf(recording)
  const start = recording.stream('blocks.0.hook_resid_pre').add(corruption(recording).mul(1 - share))
  const sequences = { ...sequencesOf(pairs, 'clean', wholeOf(pairs)), from: { hook: 'blocks.0.hook_resid_pre', resid: start } }
  const metricUnder = (...deltas: Tensor[]): Scalar => {
    const added = places.map(({ hook }, i): [string, HookFunction] => [hook, (activation) => activation.add(deltas[i]!)])
    return reader.read(network.run(sequences, Object.fromEntries(added)), wholeOf(pairs)).sum()
  }
  const zeros = places.map(({ readers }) => {
    return readers[0]!.head === undefined ? tf.zeros([batch, length, d_model]) : tf.zeros([batch, length, readers.length, d_model])
  })
  const gradients = tf.grads(metricUnder)(zeros)
  const flat = differences.reshape([writers, -1])
  const scores = new Float64Array(graph.edgeCount)
  places.forEach(({ readers }, i) => {
    const rows = gradients[i]!.reshape([batch, length, readers.length, d_model]).transpose([2, 0, 1, 3]).reshape([readers.length, -1])
    const products = tf.matMul(rows, flat, false, true).dataSync()                  // [reader, writer]
    readers.forEach(({ firstEdge, writerCount }, row) => {
      for (let writer = 0; writer < writerCount; writer++) scores[firstEdge + writer] = products[row * writers + writer]! / pairs.count
    })
  })
  return scores
}

/** Corrupted minus clean embeddings: the first writer is the input. With other ablations the substitute stands for z'. */
function corruption({ differences }: CircuitRecording): Tensor {
  return differences.slice([0], [1]).squeeze([0])
}

/** Readers by the hook point they read at, in the order of the pass. */
function placesOf({ graph }: CircuitRecording): readonly Place[] {
  const byHook = new Map<string, Reader[]>()
  for (const reader of graph.readers) {
    const { hook } = placeOf(reader, graph)
    byHook.set(hook, [...(byHook.get(hook) ?? []), reader])
  }
  return [...byHook].map(([hook, readers]) => ({ hook, readers }))
}
