/**
 * Exact edge patching: for every edge of the graph alone, how the metric changes when the writer's contribution to the
 * reader is replaced and nothing else is.
 *
 *   score(s -> r) = mean over pairs of  m( clean run, r reads s' in place of s ) - m( clean run )
 *
 * Ablating one edge leaves everything before its reader as it was, so a run starts there; edges that a run can start
 * before together run together, a copy of the batch each.
 *
 * Cost: one partial forward pass an edge. Source: arXiv:2304.14997 §3.1 (interchange ablation of one edge).
 */
import { exampleLimit } from '../components/circuit-examples'
import { meanOf, recordCircuit } from '../components/circuit-recording'
import { withoutGraph } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'exact-edges',
  title: 'Exact edge patching',
  definition:
    'For each edge alone: the mean over pairs of the metric when the reader reads the writer’s substitute in place of ' +
    'what it writes, everything else as in the clean run, minus the clean run’s metric.',
  source: 'arXiv:2304.14997 §3.1',
  isExact: true,
  gives: 'scores',
  over: 'edges',
  reads: 'substitutes',
  fields: {},
  unsuitable: withoutGraph,
  *run(network, plan) {
    const recording = recordCircuit(network, plan)
    const { graph, pairCount } = recording
    const scores = new Float64Array(graph.edgeCount).fill(NaN)
    const examples = graph.edgeCount * pairCount <= exampleLimit ? new Float32Array(pairCount * graph.edgeCount) : undefined
    try {
      for (const { first, count, effects } of recording.effects()) {
        for (let i = 0; i < count; i++) {
          const ofEdge = effects.subarray(i * pairCount, (i + 1) * pairCount)
          scores[first + i] = meanOf(ofEdge)
          ofEdge.forEach((effect, pair) => examples && (examples[pair * graph.edgeCount + first + i] = effect))
        }
        yield { scores, done: first + count, total: graph.edgeCount }
      }
    } finally {
      recording.dispose()
    }
    return { scores, ...(examples && { examples }) }
  },
})
