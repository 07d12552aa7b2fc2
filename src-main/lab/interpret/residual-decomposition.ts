/**
 * How the residual stream grows: its length at each place, what each attention and MLP adds to it, and whether what is
 * added points along the stream or against it.
 *
 *   norm           |x|                      x: embedding, resid_mid and resid_post of each layer
 *   final cosine   cos(x, last resid_post)
 *   write norm     |c|                      c: attn_out and mlp_out of each layer
 *   write cosine   cos(c, x before c)       below zero the component takes away from what is there
 *
 * Means over all positions of all sequences that are no padding. The cosine with a zero vector is 0.
 * Source: Elhage et al. 2021; cosines of what a component writes with the stream before it as in arXiv:2310.04625 §2.
 */
import { namedArray, type FloatArray } from '../../base/array'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { Network, Sequences } from '../models/network'
import { defineAnalysis } from './analysis'
import { notTransformer, transformerSettings } from './components/head-weights'
import { drained, partsOf } from './components/parts'
import { residualPoints, residualWriters } from './components/residual-points'

export interface ResidualDecomposition {
  readonly points: readonly string[]
  /** [point] */
  readonly norm: FloatArray
  readonly finalCosine: FloatArray
  readonly writers: readonly string[]
  /** [writer] */
  readonly writeNorm: FloatArray
  readonly writeCosine: FloatArray
}

export default defineAnalysis<{ readonly sequences: Sequences }, ResidualDecomposition>({
  id: 'residual-decomposition',
  title: 'Norms and cosines of the residual stream',
  definition:
    'L2 norm of the residual stream at each place and its cosine with the last; L2 norm of what each attention and MLP adds, ' +
    'and the cosine of that with the stream it is added to. Means over all positions of all sequences but padding.',
  source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; compare arXiv:2310.04625 §2',
  unsuitable: notTransformer,
  measure: (network, input) => drained(decompositionSteps(network, input)),
})

export function* decompositionSteps(
  network: Network,
  { sequences }: { readonly sequences: Sequences },
): Generator<void, ResidualDecomposition> {
  const points = residualPoints(network)
  const writers = residualWriters(network)
  const sums = {
    norm: new Float64Array(points.length),
    finalCosine: new Float64Array(points.length),
    writeNorm: new Float64Array(writers.length),
    writeCosine: new Float64Array(writers.length),
  }
  const { d_model } = transformerSettings(network)
  const cellsEach = (points.length + writers.length) * sequences.length * d_model
  for (const { rows } of partsOf(sequences, { cellsEach })) {
    const { logits, cache } = network.record(rows, [...points, ...writers.map(({ name }) => name)])
    scoped(() => {
      const present = rows.mask && tf.tensor1d(Float32Array.from(rows.mask))
      const at = (name: string): Tensor => cache.get(name)!.reshape([-1, d_model]) // record fills every name it was given
      const total = (values: Tensor): number => (present ? values.mul(present) : values).sum().dataSync()[0]!
      const last = at(points.at(-1)!)
      points.forEach((name, i) => {
        sums.norm[i]! += total(lengths(at(name)))
        sums.finalCosine[i]! += total(cosines(at(name), last))
      })
      writers.forEach(({ name, to }, i) => {
        sums.writeNorm[i]! += total(lengths(at(name)))
        sums.writeCosine[i]! += total(cosines(at(name), at(to)))
      })
    })
    tf.dispose([logits, ...cache.values()])
    yield
  }
  const places = sequences.mask ? sequences.mask.reduce((sum, one) => sum + one, 0) : sequences.tokens.length
  const mean = (axis: string, values: Float64Array): FloatArray =>
    namedArray([axis], [values.length], Float32Array.from(values, (value) => value / places))
  return {
    points,
    norm: mean('point', sums.norm),
    finalCosine: mean('point', sums.finalCosine),
    writers: writers.map(({ name }) => name),
    writeNorm: mean('writer', sums.writeNorm),
    writeCosine: mean('writer', sums.writeCosine),
  }
}

const lengths = (rows: Tensor): Tensor => rows.square().sum(1).sqrt()

function cosines(x: Tensor, y: Tensor): Tensor {
  const product = lengths(x).mul(lengths(y))
  return x.mul(y).sum(1).div(product.maximum(1e-30))
}
