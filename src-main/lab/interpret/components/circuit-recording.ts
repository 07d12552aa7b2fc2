/** What circuit analyses know of the two runs before they change an edge. Memory: all writes of all pairs, three times. */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import type { CircuitGraph } from './circuit-graph'
import { recordWrites, substitutesOf, type EdgeAblation } from './edge-runner'
import { sequencesOf, wholeOf, type Pairs } from './pairs'
import { createMetric, type MetricReader, type PatchMetric } from './patch-metric'

export interface CircuitPlan {
  readonly pairs: Pairs
  readonly metric: PatchMetric
  readonly ablation: EdgeAblation
}

export interface CircuitRecording {
  readonly graph: CircuitGraph
  /** What stands in for each write: [writer, pair, pos, d_model]. */
  readonly substitutes: Tensor
  /** Substitute minus the clean run's write. */
  readonly differences: Tensor
  /** The clean run's residual stream at a hook point: [pair, pos, d_model]. */
  stream(hook: string): Tensor
  readonly reader: MetricReader
  /** Mean over pairs. */
  readonly cleanMetric: number
  dispose(): void
}

export function recordCircuit(network: Network, graph: CircuitGraph, { pairs, metric, ablation }: CircuitPlan): CircuitRecording {
  const clean = sequencesOf(pairs, 'clean', wholeOf(pairs))
  const streams = network.hookPoints.map(({ name }) => name).filter((name) => /hook_resid_(pre|mid|post)$/.test(name))
  const { logits, cache } = network.record(clean, streams)
  const reader = createMetric(metric, pairs, logits)
  const cleanMetric = scoped(() => reader.read(logits, wholeOf(pairs)).mean().dataSync()[0]!)
  const cleanWrites = recordWrites(network, graph, clean)
  const corruptedWrites = recordWrites(network, graph, sequencesOf(pairs, 'corrupted', wholeOf(pairs)))
  const substitutes = substitutesOf(corruptedWrites, ablation)
  const differences = tf.sub(substitutes, cleanWrites)
  tf.dispose([logits, cleanWrites, corruptedWrites])
  return {
    graph,
    substitutes,
    differences,
    stream: (hook) => cache.get(hook)!, // every residual hook point was recorded
    reader,
    cleanMetric,
    dispose() {
      reader.dispose()
      tf.dispose([substitutes, differences, ...cache.values()])
    },
  }
}
