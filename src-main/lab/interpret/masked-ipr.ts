/**
 * How periodic the units of a network are, before and under a mask: fourier.ts's IPR for every network that reads and writes
 * residues. IPR_unit = mean of IPR over its column of each input and its row of the output (components/residue-readers.ts);
 * one harmonic gives 1, noise about 4 / p, weights that are all zero 0.
 *
 * Source: arXiv:2310.13061 eq. 3–4. Differs: of a network with an embedding the sequences are those of the products through
 * it; of a transformer a unit is a direction of the embedding.
 */
import { namedArray, type FloatArray, type NamedArray } from '../../base/array'
import { createSpectrum, inverseParticipationRatio } from '../../base/spectrum'
import type { ArraysByName } from '../models/model'
import { defineAnalysis } from './analysis'
import { residueReaders, type ResidueReaders } from './components/residue-readers'
import { masked } from './components/weight-mask'

export interface MaskedIpr {
  /** [neuron] */
  readonly denseIpr: FloatArray
  readonly maskedIpr: FloatArray
  /** Harmonic with the largest mean normalized power under the mask; 0 where nothing is left: [neuron]. */
  readonly freq: NamedArray<Int32Array>
}

export default defineAnalysis<{ readonly mask: ArraysByName }, MaskedIpr>({
  id: 'masked-ipr',
  title: 'Inverse participation ratio under a mask',
  definition:
    'IPR(x) = (‖F x‖₄ / ‖F x‖₂)⁴ with F the real discrete Fourier transform over residues; of a unit the mean over its ' +
    'column of what reads each residue and its row of what writes the answer, in the dense and in the masked network. The ' +
    'frequency is the harmonic with the largest normalized power averaged over them.',
  source: 'arXiv:2310.13061 eq. 3–4',
  unsuitable: ({ arrays, dims }) => {
    const readers = residueReaders(arrays, dims)
    return typeof readers === 'string' ? readers : undefined
  },
  measure({ arrays, dims }, { mask }) {
    const dense = periodicity(residueReaders(arrays, dims) as ResidueReaders) // it was found suitable
    const kept = periodicity(residueReaders(masked(arrays, mask), dims) as ResidueReaders) // of the same shapes
    return { denseIpr: dense.ipr, maskedIpr: kept.ipr, freq: kept.freq }
  },
})

function periodicity({ modulus, unitCount, inputs, output }: ResidueReaders): { ipr: FloatArray; freq: NamedArray<Int32Array> } {
  const spectrum = createSpectrum(modulus)
  const ipr = namedArray(['neuron'], [unitCount], new Float32Array(unitCount))
  const freq = namedArray(['neuron'], [unitCount], new Int32Array(unitCount))
  for (let unit = 0; unit < unitCount; unit++) {
    const power = new Float64Array(spectrum.freqCount)
    let sum = 0
    const add = (magnitudes: Float64Array): void => {
      sum += inverseParticipationRatio(magnitudes)
      const total = magnitudes.reduce((squares, magnitude) => squares + magnitude * magnitude, 0)
      if (total > 0) magnitudes.forEach((magnitude, f) => (power[f]! += (magnitude * magnitude) / total))
    }
    for (const { data } of inputs) add(spectrum.magnitudes(data, { start: unit, stride: unitCount }))
    add(spectrum.magnitudes(output.data, { start: unit * modulus }))
    ipr.data[unit] = sum / (inputs.length + 1)
    freq.data[unit] = power.indexOf(Math.max(...power))
  }
  return { ipr, freq }
}
