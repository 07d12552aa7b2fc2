/**
 * What one attention head does to tokens, read from its weights.
 *
 *   OV circuit    W_E R_V W_O R_U          how attending to a token changes the logits      [token, class]
 *   QK circuit    W_E R_Q (W_E R_K)^T / s  which query token looks at which key token       [query token, key token]
 *   by position   W_pos R_Q (W_pos R_K)^T / s                                               [query_pos, key_pos]
 *
 * R are the reading matrices of components/head-weights.ts (the norm's linear part taken in), s the attention scale. Each
 * circuit is kept as two thin factors; the whole matrix is made only where it is asked for and small enough to look at.
 *
 * Copying score: sum(lambda) / sum(|lambda|) over the eigenvalues of the OV circuit: 1 for a head that raises what it
 * attends to, -1 for one that lowers it. Where classes and input tokens differ in number the first of both are compared.
 *
 * Source: Elhage et al. 2021, §"Copying / primitive in-context learning", §"Eigenvalue analysis".
 */
import { namedArray, type FloatArray } from '../../base/array'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { eigenvaluesOf, frobeniusOf, singularOf, thinOf, type Direction, type Factored, type Thin } from './components/factored-matrix'
import {
  embedding,
  headMatrices,
  notTransformer,
  positionEmbedding,
  scoreScale,
  transformerSettings,
  unembedding,
  type HeadAt,
} from './components/head-weights'

/** Same list as the contract's; a test compares them. */
export const circuitKinds = ['ov', 'qk', 'qk-positions'] as const
export type CircuitKind = (typeof circuitKinds)[number]

export interface CircuitInput extends HeadAt {
  readonly kind: CircuitKind
  /** Largest number of rows and columns of which the whole matrix is made. */
  readonly mostCells: number
  /** Singular directions to give. */
  readonly directionCount: number
}

export interface Circuit {
  readonly rows: number
  readonly columns: number
  /** Of the square part, largest modulus first: [component, part] with parts re, im. */
  readonly eigenvalues: FloatArray
  readonly singularValues: FloatArray
  readonly frobenius: number
  readonly directions: readonly Direction[]
  /** [row, column]; absent above `mostCells`. */
  readonly matrix?: FloatArray
}

export default defineAnalysis<CircuitInput, Circuit>({
  id: 'head-circuits',
  title: 'OV and QK circuits of a head',
  definition:
    'OV: W_E R_V W_O R_U, the change of each logit when the head attends to a token. QK: W_E R_Q (W_E R_K)ᵀ / scale, the ' +
    'score of a query token for a key token; by position the same with W_pos. R = P diag(w) W is the matrix behind its ' +
    'norm’s linear part; biases and the norm’s scale are left out. Eigenvalues λ are those of the square part; singular ' +
    'values come from Gram matrices in float64.',
  source: 'Elhage et al., A Mathematical Framework for Transformer Circuits, 2021; compare arXiv:2211.00593 §3',
  unsuitable: notTransformer,
  measure(network, { kind, mostCells, directionCount, ...at }) {
    const factored = circuitFactors(network, at, kind)
    const { values, directions } = singularOf(factored, directionCount)
    const { re, im } = eigenvaluesOf(squarePart(factored))
    const [rows, columns] = [factored.left.rows, factored.right.columns]
    const pairs = Float32Array.from({ length: 2 * re.length }, (_, i) => (i % 2 === 0 ? re[i >> 1]! : im[i >> 1]!))
    return {
      rows,
      columns,
      eigenvalues: namedArray(['component', 'part'], [re.length, 2], pairs),
      singularValues: namedArray(['component'], [values.length], Float32Array.from(values)),
      frobenius: frobeniusOf(factored),
      directions,
      ...(rows * columns <= mostCells && { matrix: multiplied(factored) }),
    }
  },
})

/** Sum of the eigenvalues over the sum of their moduli; 0 when all are 0. */
export function copyingScore({ eigenvalues }: Pick<Circuit, 'eigenvalues'>): number {
  const { data } = eigenvalues
  let sum = 0
  let moduli = 0
  for (let i = 0; i < data.length; i += 2) {
    sum += data[i]!
    moduli += Math.hypot(data[i]!, data[i + 1]!)
  }
  return moduli > 0 ? sum / moduli : 0
}

/** The two thin factors of a circuit. */
export function circuitFactors(network: Network, at: HeadAt, kind: CircuitKind): Factored {
  return scoped(() => {
    const { Q, K, V, O } = headMatrices(network, at)
    if (kind === 'ov') {
      return { left: thinOf(tf.matMul(embedding(network), V)), right: thinOf(tf.matMul(O, unembedding(network))) }
    }
    const from: Tensor = (kind === 'qk' ? undefined : positionEmbedding(network)) ?? embedding(network)
    const left = tf.matMul(from, Q).div(scoreScale(network))
    return { left: thinOf(left), right: thinOf(tf.matMul(from, K).transpose()) }
  })
}

/** Why a circuit of this kind cannot be read; undefined when it can. */
export function circuitMissing(network: Network, kind: CircuitKind): string | undefined {
  const { positions } = transformerSettings(network)
  if (kind !== 'qk-positions' || positions === 'learned') return undefined
  return `the network’s positions are '${positions}'; a circuit by position needs learned ones`
}

/** The first rows and columns, as many as there are of both. */
function squarePart({ left, right }: Factored): Factored {
  const size = Math.min(left.rows, right.columns)
  return { left: firstRows(left, size), right: firstColumns(right, size) }
}

function firstRows({ columns, data }: Thin, rows: number): Thin {
  return { rows, columns, data: data.subarray(0, rows * columns) }
}

function firstColumns(thin: Thin, columns: number): Thin {
  if (columns === thin.columns) return thin
  const data = new Float32Array(thin.rows * columns)
  for (let row = 0; row < thin.rows; row++) {
    data.set(thin.data.subarray(row * thin.columns, row * thin.columns + columns), row * columns)
  }
  return { rows: thin.rows, columns, data }
}

function multiplied({ left, right }: Factored): FloatArray {
  return scoped(() => {
    const product = tf.matMul(
      tf.tensor2d(left.data, [left.rows, left.columns]),
      tf.tensor2d(right.data, [right.rows, right.columns]),
    )
    return namedArray(['row', 'column'], [left.rows, right.columns], thinOf(product).data)
  })
}
