/**
 * Information-flow routes: what share of what a reader reads each writer contributes, by nothing but the clean run.
 *
 *   y_r          = Σ_s s                                   what reader r reads, biases aside
 *   proximity    = max( ‖y_r‖₁ - ‖y_r - s‖₁ , 0 )
 *   score(s->r)  = proximity(s, y_r) / Σ_t proximity(t, y_r)
 *
 * at each position, then the mean over the pairs, and over their tokens unless positions have edges of their own. The
 * logits read the answer position only. Scores of one reader sum to 1 (to 0 where nothing it reads points its way).
 * A route from the logits down through edges above a threshold is the connected circuit of the scores above it.
 *
 * Source: arXiv:2403.00824 §2.2, eq. 3–4.
 * Differs: there a block's residual stream is one term; here it is taken apart into all earlier writers, as in
 * arXiv:2504.13151, and heads are not taken apart by the position they attend to.
 */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import { findingOf } from '../components/circuit-examples'
import type { CircuitGraph } from '../components/circuit-graph'
import type { CircuitPlan } from '../components/circuit-recording'
import { graphOfPlan } from '../components/circuit-suitability'
import { recordWrites } from '../components/edge-runner'
import { notTransformer } from '../components/head-weights'
import { sequencesOf, wholeOf, type Pairs } from '../components/pairs'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'information-flow',
  title: 'Information-flow routes',
  definition:
    'Share of what a reader reads that a writer contributes in the clean run: proximity max(‖y‖₁ − ‖y − s‖₁, 0) of its write s ' +
    'to the sum y of all of them, over the sum of proximities; mean over tokens and pairs.',
  source: 'arXiv:2403.00824 §2.2',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'clean run',
  fields: {},
  unsuitable: notTransformer,
  *run(network, plan) {
    const graph = graphOfPlan(network, plan)
    const examples = scoped(() => flows(network, plan, graph))
    const finding = findingOf(examples, plan.pairs.count)
    yield { scores: finding.scores, done: 1, total: 1 }
    return finding
  },
})

/** [pair, edge] */
function flows(network: Network, { pairs }: CircuitPlan, graph: CircuitGraph): Float32Array {
  const { readers, positions, edgeCount } = graph
  const writes = recordWrites(network, graph, sequencesOf(pairs, 'clean', wholeOf(pairs)))
  const flowOf = new Map([...new Set(readers.map(({ writerCount }) => writerCount))].map((count) => {
    return [count, scoped(() => sharesRead(writes.slice([0], [count])))] as const      // [writer, pair, pos]
  }))
  writes.dispose()
  const examples = new Float32Array(pairs.count * edgeCount)
  for (const { firstEdge, writerCount, feeds } of readers) {
    const flow = flowOf.get(writerCount)! // made of the readers' own counts
    for (let pair = 0; pair < pairs.count; pair++) {
      const weights = positionWeights(pairs, pair, { isAnswer: feeds.length === 0, isMean: positions === 1 })
      for (let i = 0; i < writerCount * pairs.length; i++) {
        const pos = i % pairs.length
        const writer = (i - pos) / pairs.length
        const edge = firstEdge + (positions === 1 ? writer : i)
        examples[pair * edgeCount + edge]! += weights[pos]! * flow[(writer * pairs.count + pair) * pairs.length + pos]!
      }
    }
  }
  return examples
}

/** Proximities of [writer, pair, pos, d_model] to their sum, over their total. */
function sharesRead(writes: Tensor): Float32Array {
  const sum = writes.sum(0, true)
  const proximity = tf.relu(sum.abs().sum(3).sub(sum.sub(writes).abs().sum(3)))
  const total = proximity.sum(0, true)
  return tf.divNoNan(proximity, total).dataSync() as Float32Array // of float32
}

function positionWeights(pairs: Pairs, pair: number, { isAnswer, isMean }: { isAnswer: boolean; isMean: boolean }): readonly number[] {
  const isRead = (pos: number): boolean => {
    if (isAnswer) return pos === pairs.answerPos[pair]
    return pairs.cleanMask?.[pair * pairs.length + pos] !== 0
  }
  const read = Array.from({ length: pairs.length }, (_, pos) => (isRead(pos) ? 1 : 0))
  const count = isMean ? read.reduce((sum: number, one) => sum + one, 0) : 1
  return read.map((one) => one / count)
}
