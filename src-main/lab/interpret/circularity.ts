/**
 * How circular the token embeddings of a modular task are: whether their principal components are single harmonics.
 *
 * 1. Rows of W_E of the p residues, less their mean; principal components of them.
 * 2. For each of the first four, its values over residues v as a unit vector, and its largest harmonic:
 *    2 / p · max_f |sum_j v_j exp(-2 pi i f j / p)|^2, which is 1 for a cosine of one harmonic and about 4 / p for noise.
 * 3. The mean of the four, each at most 1.
 *
 * A network may use circles and still not add by angles: see gradient-symmetricity.
 * Source: arXiv:2306.17844 app. (circularity).
 */
import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { createSpectrum } from '../../base/spectrum'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { residueCount } from './components/residue-count'

const componentCount = 4

export default defineAnalysis<Record<string, never>, number>({
  id: 'circularity',
  title: 'Circularity of the embedding',
  definition:
    'Mean over the first four principal components of the embeddings of residues of 2/p · max_f |Σ_j v_j e^(−2πifj/p)|², ' +
    'with v the component’s values over residues as a unit vector: 1 where each is one harmonic.',
  source: 'arXiv:2306.17844',
  unsuitable({ model, arrays, dims }) {
    const { W_E } = arrays
    if (!W_E) return `model ${model.id} has no W_E; expected a network that embeds its tokens`
    return dims.d_vocab_out > componentCount ? undefined : `${dims.d_vocab_out} residues have no ${componentCount} principal components`
  },
  measure(network) {
    const components = residueComponents(network)
    return components.reduce((sum, { circularity }) => sum + circularity, 0) / components.length
  },
})

export interface ResidueComponent {
  /** Over residues, a unit vector. */
  readonly values: Float64Array
  /** Its strongest harmonic, and how far it is nothing else: at most 1. */
  readonly freq: number
  readonly circularity: number
}

/** The first four principal components of the residues' embeddings. */
export function residueComponents(network: Network): readonly ResidueComponent[] {
  const modulus = residueCount(network.dims)
  const spectrum = createSpectrum(modulus)
  return principalValues(network, modulus).map((values) => {
    const { re, im } = spectrum.transform(values)
    const powers = Array.from(re, (real, freq) => (freq === 0 ? 0 : real ** 2 + im[freq]! ** 2))
    const largest = Math.max(...powers)
    return { values, freq: powers.indexOf(largest), circularity: Math.min(1, (2 / modulus) * largest) }
  })
}

/** Values of the first principal components over residues, unit vectors. */
function principalValues({ arrays }: Network, modulus: number): readonly Float64Array[] {
  const { data, shape } = arrays['W_E']! // `unsuitable` asked for it
  const d_model = shape[1]!
  const rows = new Matrix(Array.from({ length: modulus }, (_, i) => [...data.subarray(i * d_model, (i + 1) * d_model)]))
  const centred = Matrix.sub(rows, Matrix.ones(modulus, 1).mmul(Matrix.rowVector(rows.mean('column'))))
  const { leftSingularVectors } = new SingularValueDecomposition(centred, { autoTranspose: true })
  return Array.from({ length: componentCount }, (_, k) => Float64Array.from(leftSingularVectors.getColumn(k)))
}
