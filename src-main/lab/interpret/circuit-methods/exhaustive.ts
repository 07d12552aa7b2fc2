/**
 * The smallest circuit there is, by running every one of them.
 *
 * 1. A set of edges does what its edges on a way from an input to the answer do (its core); sets with one core are run once.
 * 2. The circuit found is the smallest core C with |m(C) - m(whole)| <= tolerance · |m(whole) - m(empty)|, of equal ones
 *    that which lies nearest to m(whole), then that of lowest edge numbers.
 * 3. The score of an edge is the mean change of the metric when it is taken from a set, over all 2^(edges - 1) sets that
 *    hold it: its Banzhaf value, sign turned.
 *
 * Cost: 2^edges sets, which is why graphs of more than `mostEdges` are refused.
 * Source: arXiv:2211.00593 §4 (what a circuit is to be); Banzhaf 1965 for the score.
 */
import { number } from '../../../base/settings'
import { connected, type CircuitGraph } from '../components/circuit-graph'
import { meanOf, recordCircuit, type CircuitRecording } from '../components/circuit-recording'
import { sizeOf } from '../components/circuit-selection'
import { graphOfPlan, withoutGraph } from '../components/circuit-suitability'
import { graphOf } from '../components/perceptron-graph'
import { defineCircuitMethod, type CircuitProgress } from './circuit-method'

/** 65,536 sets. */
export const mostEdges = 16

export default defineCircuitMethod({
  id: 'exhaustive',
  title: 'Exhaustive search',
  definition:
    'Every set of edges is run; the circuit is the smallest whose metric differs from the whole’s by at most a share of what ' +
    'all edges together make. Scores are mean changes when an edge is taken from a set, over all sets.',
  source: 'arXiv:2211.00593 §4; Banzhaf 1965',
  isExact: true,
  gives: 'circuit',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    tolerance: number({
      title: 'Tolerance',
      help: 'Largest distance of the circuit’s faithfulness from 1. Larger ones allow smaller circuits.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
  },
  unsuitable(network, plan) {
    const why = withoutGraph(network, plan)
    if (why) return why
    const { edgeCount } = plan ? graphOfPlan(network, plan) : graphOf(network)
    if (edgeCount <= mostEdges) return undefined
    return `the graph has ${edgeCount} edges; every set of edges is run for graphs of at most ${mostEdges} (${2 ** mostEdges} sets)`
  },
  *run(network, plan, { tolerance }) {
    const recording = recordCircuit(network, plan)
    try {
      const { edgeCount } = recording.graph
      const metrics = yield* allMetrics(recording)
      const scores = meanChanges(metrics, edgeCount)
      const { cleanMetric } = recording
      const most = tolerance * Math.abs(cleanMetric - metrics[0]!) + 1e-9
      const isBetter = (one: number, other: number): boolean => {
        const [size, otherSize] = [bitsOf(one), bitsOf(other)]
        if (size !== otherSize) return size < otherSize
        return Math.abs(metrics[one]! - cleanMetric) < Math.abs(metrics[other]! - cleanMetric)
      }
      let best = metrics.length - 1
      metrics.forEach((metric, set) => {
        if (Math.abs(metric - cleanMetric) <= most && isBetter(set, best)) best = set
      })
      const kept = edgesOf(best, edgeCount)
      return { scores, kept, record: { sets: metrics.length, size: sizeOf(kept), metric: metrics[best]!, whole: cleanMetric, empty: metrics[0]! } }
    } finally {
      recording.dispose()
    }
  },
})

/** Metric of every set, by the number whose bits are its edges. */
function* allMetrics(recording: CircuitRecording): Generator<CircuitProgress, Float64Array> {
  const { graph, pairCount, circuitsAtOnce } = recording
  const { edgeCount } = graph
  const scores = new Float64Array(edgeCount).fill(NaN)
  const coreOf = Int32Array.from({ length: 2 ** edgeCount }, (_, set) => coreNumber(graph, set))
  const cores = [...new Set(coreOf)]
  const metrics = new Float64Array(coreOf.length)
  for (let first = 0; first < cores.length; first += circuitsAtOnce) {
    const some = cores.slice(first, first + circuitsAtOnce)
    const found = recording.metricsOf(some.map((set) => edgesOf(set, edgeCount)))
    some.forEach((set, i) => void (metrics[set] = meanOf(found.subarray(i * pairCount, (i + 1) * pairCount))))
    yield { scores, done: first + some.length, total: cores.length }
  }
  return metrics.map((_, set) => metrics[coreOf[set]!]!)
}

function coreNumber(graph: CircuitGraph, set: number): number {
  return connected(graph, edgesOf(set, graph.edgeCount)).reduce((bits, one, edge) => bits + one * 2 ** edge, 0)
}

const edgesOf = (set: number, edgeCount: number): Uint8Array => Uint8Array.from({ length: edgeCount }, (_, edge) => (set >>> edge) & 1)

function bitsOf(set: number): number {
  let count = 0
  for (let rest = set; rest > 0; rest >>>= 1) count += rest & 1
  return count
}

/** Of each edge, over the sets that hold it: metric without it minus metric with it. */
function meanChanges(metrics: Float64Array, edgeCount: number): Float64Array {
  return Float64Array.from({ length: edgeCount }, (_, edge) => {
    let sum = 0
    for (let set = 0; set < metrics.length; set++) sum += (set >>> edge) & 1 ? -metrics[set]! : metrics[set]!
    return sum / (metrics.length / 2)
  })
}
