/**
 * How much a head reads what an earlier head writes.
 *
 *   V-composition  |OV_1 OV_2|        Q-composition  |OV_1 QK_2|        K-composition  |OV_1 QK_2^T|
 *                  -----------                       -----------                       -------------
 *                  |OV_1| |OV_2|                     |OV_1| |QK_2|                     |OV_1| |QK_2|
 *
 * with OV = R_V W_O and QK = R_Q R_K^T in the residual stream's own space, rows as inputs, and Frobenius norms. Random
 * matrices of the same shapes do not give 0: their mean, over seeded normal draws, is given beside the scores.
 *
 * 1. OV_1 X_2 = A (B C) D for thin A, B, C, D; M = B C is r × r.
 * 2. |A M D|^2 = trace( (A^T A) M (D D^T) M^T ), so nothing of the stream's width squared is made.
 *
 * Source: Elhage et al. 2021, §"Composition of attention heads"; the baseline as there.
 */
import { namedArray, type FloatArray } from '../../base/array'
import { createRng } from '../../base/rng'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { headMatrices, notTransformer, transformerSettings, type HeadMatrices } from './components/head-weights'

/** Same list as the contract's; a test compares them. */
export const compositionKinds = ['q', 'k', 'v'] as const
export type CompositionKind = (typeof compositionKinds)[number]

export interface Composition {
  /** Heads in the order layer · n_heads + head: [earlier, later]; NaN where the first is not in an earlier layer. */
  readonly scores: FloatArray
  /** Mean score of random matrices of these shapes. */
  readonly baseline: number
}

const baselineDraws = 16

export default defineAnalysis<{ readonly kind: CompositionKind }, Composition>({
  id: 'head-composition',
  title: 'Composition of heads',
  definition:
    'How much a later head reads what an earlier one writes: ‖OV₁ X₂‖ / (‖OV₁‖ ‖X₂‖) with Frobenius norms, OV = R_V W_O, and ' +
    'X₂ = OV₂ (V-composition), R_Q R_Kᵀ (Q) or its transpose (K) of the later head. The baseline is the mean over ' +
    `${baselineDraws} draws of normal matrices of the same shapes.`,
  source: 'Elhage et al., A Mathematical Framework for Transformer Circuits, 2021; compare arXiv:2209.11895',
  unsuitable: notTransformer,
  measure(network, { kind }) {
    const { n_layers, n_heads } = transformerSettings(network)
    const heads = Array.from({ length: n_layers * n_heads }, (_, i) => ({ layer: Math.floor(i / n_heads), head: i % n_heads }))
    const scores = scoped(() => {
      const sides = heads.map((at) => sidesOf(headMatrices(network, at), kind))
      return sides.flatMap((from, i) => sides.map((to, j) => (heads[i]!.layer < heads[j]!.layer ? scoreOf(from, to) : NaN)))
    })
    const axes = ['earlier', 'later']
    return {
      scores: namedArray(axes, [heads.length, heads.length], Float32Array.from(scores)),
      baseline: baselineOf(network, kind),
    }
  },
})

/** One head as the writer OV = A B and as the reader X = C D, with the small products their norms need. */
interface Sides {
  readonly gramA: Tensor
  readonly B: Tensor
  readonly C: Tensor
  readonly gramD: Tensor
  readonly writerNorm: number
  readonly readerNorm: number
}

function sidesOf({ Q, K, V, O }: HeadMatrices, kind: CompositionKind): Sides {
  const [C, D] = kind === 'v' ? [V, O] : kind === 'q' ? [Q, K.transpose()] : [K, Q.transpose()]
  const gramA = tf.matMul(V, V, true)
  const gramD = tf.matMul(D, D, false, true)
  return {
    gramA,
    B: O,
    C,
    gramD,
    writerNorm: Math.sqrt(traceOf(gramA, tf.matMul(O, O, false, true))),
    readerNorm: Math.sqrt(traceOf(tf.matMul(C, C, true), gramD)),
  }
}

function scoreOf(from: Sides, to: Sides): number {
  return scoped(() => {
    const inner = tf.matMul(from.B, to.C)                                           // [d_head, d_head]
    const square = traceOf(tf.matMul(from.gramA, inner), tf.matMul(inner, to.gramD))
    const norms = from.writerNorm * to.readerNorm
    return norms > 0 ? Math.sqrt(Math.max(0, square)) / norms : 0
  })
}

/** Sum of the elementwise product: trace(X Y^T). */
function traceOf(x: Tensor, y: Tensor): number {
  return scoped(() => x.mul(y).sum().dataSync()[0]!)
}

/** The baseline is a function of the shapes alone, and costs more than the scores do. */
const baselines = new Map<string, number>()

function baselineOf(network: Network, kind: CompositionKind): number {
  const { d_model, d_head } = transformerSettings(network)
  const shapes = `${kind} ${d_model} ${d_head}`
  const known = baselines.get(shapes)
  if (known !== undefined) return known
  const rng = createRng(0)
  const draw = (rows: number, columns: number): Tensor =>
    tf.tensor2d(Float32Array.from({ length: rows * columns }, () => rng.normal()), [rows, columns])
  const random = (): HeadMatrices => {
    const [Q, K, V] = [draw(d_model, d_head), draw(d_model, d_head), draw(d_model, d_head)]
    return { Q, K, V, O: draw(d_head, d_model) }
  }
  let sum = 0
  for (let i = 0; i < baselineDraws; i++) sum += scoped(() => scoreOf(sidesOf(random(), kind), sidesOf(random(), kind)))
  baselines.set(shapes, sum / baselineDraws)
  return sum / baselineDraws
}
