/**
 * How much a network's units spread over frequencies: the Fourier entropy of a ticket's periodic structure.
 *
 *   F_k(f)   discrete Fourier transform over residues of unit k's column of what reads the residues, f = 0 … floor(p / 2)
 *   p_k(f)   |F_k(f)| / Σ_f |F_k(f)|
 *   FE       mean over units of  -Σ_f p_k(f) log p_k(f),  in nats
 *
 * A cosine has 0, weights whose harmonics are all alike log(floor(p / 2) + 1). Of several inputs (an mlp's two positions)
 * each column counts; units without a weight left count for nothing.
 *
 * Source: arXiv:2310.19470 (version 3) §5.2, with the weights W_emb W_in.
 * Differs: the paper writes -Σ_{i=1}^{n} p_i log p_i with "p_i the normalized value of F" and "n the number of neurons" and
 * does not say over what it is normalized; here each neuron's spectrum is, and its entropies are averaged. The half spectrum
 * is used, whose other half is its mirror image.
 */
import { createSpectrum } from '../../base/spectrum'
import type { ArraysByName } from '../models/model'
import { defineAnalysis } from './analysis'
import { residueReaders, type ResidueReaders } from './components/residue-readers'
import { masked } from './components/weight-mask'

export interface FourierEntropy {
  readonly denseNats: number
  readonly maskedNats: number
}

export default defineAnalysis<{ readonly mask: ArraysByName }, FourierEntropy>({
  id: 'fourier-entropy',
  title: 'Fourier entropy',
  definition:
    'Mean over units of −Σ_f p(f) log p(f), with p(f) = |F(f)| / Σ|F| the normalized spectrum of the unit’s column of what ' +
    'reads the residues, in nats: 0 for a single harmonic, log(⌊p/2⌋ + 1) for a flat spectrum. The paper does not say over ' +
    'what it normalizes; here it is each unit’s own spectrum.',
  source: 'arXiv:2310.19470 §5.2',
  unsuitable: ({ arrays, dims }) => {
    const readers = residueReaders(arrays, dims)
    return typeof readers === 'string' ? readers : undefined
  },
  measure({ arrays, dims }, { mask }) {
    return {
      denseNats: entropyOf(residueReaders(arrays, dims) as ResidueReaders), // it was found suitable
      maskedNats: entropyOf(residueReaders(masked(arrays, mask), dims) as ResidueReaders), // of the same shapes
    }
  },
})

function entropyOf({ inputs, modulus, unitCount }: ResidueReaders): number {
  const spectrum = createSpectrum(modulus)
  let [sum, count] = [0, 0]
  for (const { data } of inputs) {
    for (let unit = 0; unit < unitCount; unit++) {
      const magnitudes = spectrum.magnitudes(data, { start: unit, stride: unitCount })
      const total = magnitudes.reduce((all, magnitude) => all + magnitude, 0)
      if (total === 0) continue
      count++
      for (const magnitude of magnitudes) if (magnitude > 0) sum -= (magnitude / total) * Math.log(magnitude / total)
    }
  }
  return count === 0 ? 0 : sum / count
}
