/** What ablating one edge alone does to each pair: edge-patching.ts before its mean over pairs. */
import { scoped } from '../../../engine/tf'
import type { Network } from '../../models/network'
import type { CircuitRecording } from './circuit-recording'
import { edgeHooks } from './edge-runner'
import { sequencesOf, wholeOf, type Pairs } from './pairs'

export interface EdgeEffect {
  /** The metric of every pair in the clean run, and with the edge ablated. */
  readonly clean: Float64Array
  readonly ablated: Float64Array
}

export function edgeEffect(network: Network, pairs: Pairs, recording: CircuitRecording, edge: number): EdgeEffect {
  const kept = new Uint8Array(recording.graph.edgeCount).fill(1)
  const clean = metricByPair(network, pairs, recording, kept)
  kept[edge] = 0
  return { clean, ablated: metricByPair(network, pairs, recording, kept) }
}

/** The metric of every pair with exactly the kept edges intact. */
export function metricByPair(network: Network, pairs: Pairs, recording: CircuitRecording, kept: Uint8Array): Float64Array {
  return scoped(() => {
    const hooks = edgeHooks(recording.graph, recording.substitutes, kept)
    const logits = network.run(sequencesOf(pairs, 'clean', wholeOf(pairs)), hooks)
    return Float64Array.from(recording.reader.read(logits, wholeOf(pairs)).dataSync())
  })
}
