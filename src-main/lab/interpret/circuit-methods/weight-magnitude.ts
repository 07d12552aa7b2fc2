/**
 * What the weights alone say: the size of the map from what a writer writes by to what a reader reads by.
 *
 *   score(s -> r) = ‖ O_s R_r ‖_F      O_s = W_E, W_pos | W_O of the head | W_out;   R_r = W_Q | W_K | W_V | W_in, W_gate | W_U
 *                 = √ tr( O_sᵀ O_s · R_r R_rᵀ )
 *
 * with the linear part of a norm taken into R_r (components/head-weights.ts). The second line is how it is computed: its
 * matrices are d_model wide, whatever the vocabulary. Positions do not enter: edges of one pair score alike at all.
 * A baseline: circuits are not found by weights alone. Compare head-composition.ts, which divides by ‖O‖‖R‖.
 * Source: Elhage et al. 2021, "A mathematical framework", §composition (virtual weights).
 */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import type { Reader, Writer } from '../components/circuit-graph'
import { graphOfPlan } from '../components/circuit-suitability'
import { embedding, headMatrices, mlpMatrices, notTransformer, positionEmbedding, unembedding } from '../components/head-weights'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'weight-magnitude',
  title: 'Weight magnitude',
  definition:
    'Frobenius norm of the product of the matrix a writer writes by and the one a reader reads by, the linear part of a norm ' +
    'taken into the latter. Looks at no prompt.',
  source: 'Elhage et al. 2021, virtual weights; a baseline',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'weights',
  fields: {},
  unsuitable: notTransformer,
  *run(network, plan) {
    const { writers, readers, positions, edgeCount } = graphOfPlan(network, plan)
    const written = tf.tidy(() => tf.stack(writers.map((writer) => writerGram(network, writer))).reshape([writers.length, -1]))
    const scores = new Float64Array(edgeCount).fill(NaN)
    try {
      for (const [i, reader] of readers.entries()) {
        const traces = scoped(() => tf.matMul(written, readerGram(network, reader).reshape([-1, 1])).dataSync())
        for (let j = 0; j < reader.writerCount * positions; j++) {
          // Rounding can leave the trace of a product of zero below it.
          scores[reader.firstEdge + j] = Math.sqrt(Math.max(0, traces[reader.firstWriter + Math.floor(j / positions)]!))
        }
        yield { scores, done: i + 1, total: readers.length }
      }
    } finally {
      written.dispose()
    }
    return { scores }
  },
})

/** OᵀO: [d_model, d_model]. The caller is inside a tidy, here and below. */
function writerGram(network: Network, { layer, head, neuron }: Writer): Tensor {
  const rows = (): Tensor => {
    if (layer < 0) {
      const position = positionEmbedding(network)
      return position ? tf.concat([embedding(network), position]) : embedding(network)
    }
    if (head !== undefined) return headMatrices(network, { layer, head }).O
    const { O } = mlpMatrices(network, layer)
    return neuron === undefined ? O : O.slice([neuron], [1])
  }
  const O = rows()
  return tf.matMul(O, O, true, false)
}

/** RRᵀ: [d_model, d_model] */
function readerGram(network: Network, { layer, head, letter, feeds }: Reader): Tensor {
  const matrix = (): Tensor => {
    if (feeds.length === 0) return unembedding(network)
    if (head === undefined) return mlpMatrices(network, layer).R
    const { Q, K, V } = headMatrices(network, { layer, head })
    return { q: Q, k: K, v: V }[letter!] // a head's readers have a letter
  }
  const R = matrix()
  return tf.matMul(R, R, false, true)
}
