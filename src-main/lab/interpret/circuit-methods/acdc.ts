/**
 * Automatic circuit discovery: edges are tried one after the other from the answer backwards, and left out for good where
 * the metric hardly notices.
 *
 *   1. Start with every edge.
 *   2. For each reader from the last to the first, for each of its writers from the last to the first: ablate the edge
 *      beside all that are left out already.
 *   3. change = metric now - metric before. Leave the edge out if its damage is below the threshold, else restore it.
 *      damage = change for a divergence, - change for a metric that is to be high; |change| where `absolute`.
 *
 * A threshold of 0 with `absolute` keeps every edge, one above every change none. The score of an edge is its change at
 * its turn, which depends on what was left out before.
 *
 * Several turns run as one batch, each supposing that the ones before it in the batch end with the edge left out; where
 * one does not, those after it are run again. The batch doubles while that goes well.
 *
 * Source: arXiv:2304.14997 §3, alg. 1; `absolute` as in the authors' code.
 */
import { boolean, number } from '../../../base/settings'
import { meanOf, recordCircuit, type CircuitRecording } from '../components/circuit-recording'
import { exampleLimit } from '../components/circuit-examples'
import { withoutGraph } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'acdc',
  title: 'ACDC',
  definition:
    'From the answer backwards, each edge is ablated beside those left out already, and left out for good if the metric’s ' +
    'damage stays below a threshold. Scores are the changes at each edge’s turn.',
  source: 'arXiv:2304.14997 §3, alg. 1',
  isExact: true,
  gives: 'circuit',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    threshold: number({
      title: 'Threshold',
      help: 'In units of the metric. Edges whose loss does less damage are left out; larger thresholds leave smaller circuits.',
      default: 0.01,
      min: 0,
    }),
    absolute: boolean({
      title: 'Absolute change',
      help: 'Keeps edges whose loss changes the metric either way. If off, edges that work against the metric are left out.',
      default: true,
    }),
  },
  unsuitable: withoutGraph,
  *run(network, plan, { threshold, absolute }) {
    const recording = recordCircuit(network, plan)
    const sign = plan.metric === 'kl-divergence' ? 1 : -1
    const isMissed = (change: number): boolean => (absolute ? Math.abs(change) : sign * change) >= threshold
    try {
      return yield* sweep(recording, isMissed)
    } finally {
      recording.dispose()
    }
  },
})

interface Swept {
  readonly scores: Float64Array
  readonly examples?: Float32Array
  readonly kept: Uint8Array
  readonly record: { readonly runs: number }
}

function* sweep(recording: CircuitRecording, isMissed: (change: number) => boolean): Generator<{ scores: Float64Array; done: number; total: number }, Swept> {
  const { graph, pairCount, clean, circuitsAtOnce } = recording
  const { edgeCount } = graph
  const order = [...graph.readers].reverse().flatMap(({ firstEdge, writerCount }) => {
    return Array.from({ length: writerCount * graph.positions }, (_, i) => firstEdge + writerCount * graph.positions - 1 - i)
  })
  const kept = new Uint8Array(edgeCount).fill(1)
  const scores = new Float64Array(edgeCount).fill(NaN)
  const examples = edgeCount * pairCount <= exampleLimit ? new Float32Array(pairCount * edgeCount) : undefined
  let now = clean
  let runs = 0
  for (let done = 0, atOnce = 1; done < edgeCount; ) {
    const turns = order.slice(done, done + Math.min(atOnce, circuitsAtOnce))
    const tried = turns.map((_, i) => {
      const circuit = kept.slice()
      for (const edge of turns.slice(0, i + 1)) circuit[edge] = 0
      return circuit
    })
    const metrics = recording.metricsOf(tried)
    runs += tried.length
    let taken = 0
    let isRestored = false
    while (taken < turns.length && !isRestored) {
      const edge = turns[taken]!
      const then = metrics.slice(taken * pairCount, (taken + 1) * pairCount)
      scores[edge] = meanOf(then) - meanOf(now)
      then.forEach((value, pair) => examples && (examples[pair * edgeCount + edge] = value - now[pair]!))
      isRestored = isMissed(scores[edge])
      if (!isRestored) {
        kept[edge] = 0
        now = then
      }
      taken++
    }
    done += taken
    atOnce = isRestored ? Math.max(1, Math.floor(atOnce / 2)) : 2 * atOnce
    yield { scores, done, total: edgeCount }
  }
  return { scores, ...(examples && { examples }), kept, record: { runs } }
}
