/**
 * Exact node patching: for every writer alone, how the metric changes when all that read it read its substitute.
 *
 *   score(s) = mean over pairs of  m( clean run, s' in place of s ) - m( clean run )
 *
 * Cost: one partial forward pass a node. Source: arXiv:2304.14997 §3.1 with nodes, arXiv:2309.16042 §2.
 */
import { exampleLimit } from '../components/circuit-examples'
import { edgesFrom, nodeCount } from '../components/circuit-graph'
import { meanOf, recordCircuit } from '../components/circuit-recording'
import { withoutGraph } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'exact-nodes',
  title: 'Exact node patching',
  definition:
    'For each writer (the input, a head, an MLP) alone: the mean over pairs of the metric when every reader reads its ' +
    'substitute, everything before as in the clean run, minus the clean run’s metric.',
  source: 'arXiv:2304.14997 §3.1; arXiv:2309.16042 §2',
  isExact: true,
  gives: 'scores',
  over: 'nodes',
  reads: 'substitutes',
  fields: {},
  unsuitable: withoutGraph,
  *run(network, plan) {
    const recording = recordCircuit(network, plan)
    const { graph, pairCount, clean, circuitsAtOnce } = recording
    const total = nodeCount(graph)
    const scores = new Float64Array(total).fill(NaN)
    const examples = total * pairCount <= exampleLimit ? new Float32Array(total * pairCount) : undefined
    const without = edgesFrom(graph).map((edges) => {
      const kept = new Uint8Array(graph.edgeCount).fill(1)
      for (const edge of edges) kept[edge] = 0
      return kept
    })
    try {
      for (let first = 0; first < total; first += circuitsAtOnce) {
        const some = without.slice(first, first + circuitsAtOnce)
        const metrics = recording.metricsOf(some)
        some.forEach((_, i) => {
          const effects = metrics.subarray(i * pairCount, (i + 1) * pairCount).map((value, pair) => value - clean[pair]!)
          scores[first + i] = meanOf(effects)
          effects.forEach((effect, pair) => examples && (examples[pair * total + first + i] = effect))
        })
        yield { scores, done: first + some.length, total }
      }
    } finally {
      recording.dispose()
    }
    return { scores, ...(examples && { examples }) }
  },
})
