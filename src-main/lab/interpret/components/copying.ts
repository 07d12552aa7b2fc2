/**
 * How much each head copies, from its weights: sum λ / sum |λ| over the eigenvalues of its OV circuit W_E V W_O U, V and U
 * the reading matrices of head-weights.ts. 1 for a head that raises what it attends to, -1 for one that lowers it.
 *
 * The nonzero eigenvalues of that [d_vocab, d_vocab] product are those of W_O (U W_E) V, [d_head, d_head], and U W_E is
 * the same for all heads. Where classes and tokens differ in number the first of both are compared.
 * Source: Elhage et al. 2021, §"Summarizing OV/QK matrices".
 */
import { scoped, tf } from '../../../engine/tf'
import type { Network } from '../../models/network'
import { eigenvaluesOf, thinOf, type Thin } from './factored-matrix'
import { embedding, headMatrices, transformerSettings, unembedding } from './head-weights'

// A pure function's answers by identity of its argument; entries go with the network.
const known = new WeakMap<Network, Float32Array>()

/** [layer, head] */
export function copyingScores(network: Network): Float32Array {
  const scores = known.get(network) ?? scoresOf(network)
  known.set(network, scores)
  return scores
}

function scoresOf(network: Network): Float32Array {
  const { n_layers, n_heads, d_head } = transformerSettings(network)
  return scoped(() => {
    const size = Math.min(network.dims.d_vocab, network.dims.d_vocab_out)
    const U = unembedding(network).slice([0, 0], [-1, size])                        // [d_model, size]
    const through = U.matMul(embedding(network).slice([0, 0], [size, -1]))          // [d_model, d_model]
    return Float32Array.from({ length: n_layers * n_heads }, (_, at) => {
      return scoped(() => {
        const { V, O } = headMatrices(network, { layer: Math.floor(at / n_heads), head: at % n_heads })
        const inner = tf.matMul(O, through).matMul(V)                               // [d_head, d_head]
        return copyingScore(eigenvaluesOf({ left: thinOf(inner), right: identity(d_head) }))
      })
    })
  })
}

function identity(size: number): Thin {
  const data = new Float32Array(size * size)
  for (let i = 0; i < size; i++) data[i * size + i] = 1
  return { rows: size, columns: size, data }
}

function copyingScore({ re, im }: { readonly re: Float64Array; readonly im: Float64Array }): number {
  const sum = re.reduce((total, value) => total + value, 0)
  const moduli = re.reduce((total, value, i) => total + Math.hypot(value, im[i]!), 0)
  return moduli > 0 ? sum / moduli : 0
}
