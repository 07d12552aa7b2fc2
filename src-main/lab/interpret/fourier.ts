/**
 * Which neurons are periodic. A network that has found the rule of modular addition uses neurons whose weights are
 * cosines of the residue; a neuron that memorizes has weights without structure. The Fourier spectrum tells them apart.
 *
 * For neuron k with input rows u, v (over a and b) and output column w (over classes), p residues each:
 *
 * 1. F(x)_f = sum_j x_j exp(-2 pi i f j / p), f = 0 .. floor(p / 2): the half spectrum, DC included.
 * 2. IPR(x) = (|F(x)|_4 / |F(x)|_2)^4, and IPR_k the mean over u, v, w. One harmonic gives 1, noise about 4 / p.
 * 3. Each spectrum's powers are divided by their sum and the three averaged; the dominant harmonic is the largest
 *    (lowest on a tie). It may be 0: a neuron whose weights are mostly one constant.
 * 4. Phases at that harmonic: x_j ~ A cos(2 pi f j / p + phase). For addition, phase_w = phase_u + phase_v (mod 2 pi).
 * 5. Norm: sqrt(|u|^2 + |v|^2 + |w|^2).
 * 6. Role, by thresholds: dead when the norm is below deadNorm times the largest; else generalizing when
 *    IPR >= generalizingIpr, memorizing when IPR < memorizingIpr, between otherwise.
 *
 * Source: arXiv:2310.13061 eq. 3-4 (IPR); arXiv:2301.02679 §3 (phases).
 * Differs: roles are this program's; the paper shows histograms and draws no line.
 */
import { namedArray, type FloatArray, type NamedArray } from '../../base/array'
import { createSpectrum, inverseParticipationRatio } from '../../base/spectrum'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'
import { neuronWeights, notOneHiddenLayer, parts, type NeuronWeights } from './components/neuron-weights'

/** Index is the value of the `role` array. Same list and defaults as the contract's; a test compares them. */
export const roles = ['generalizing', 'memorizing', 'between', 'dead'] as const
export type Role = (typeof roles)[number]
export const defaultRoleThresholds = { generalizingIpr: 0.5, memorizingIpr: 0.15, deadNorm: 0.01 } as const

export interface RoleThresholds {
  /** At or above: generalizing. */
  readonly generalizingIpr: number
  /** Below: memorizing. */
  readonly memorizingIpr: number
  /** Below this share of the largest norm: dead. */
  readonly deadNorm: number
}

/** One entry per neuron in every array; the fields of contract/interpret.ts Neurons. */
export interface NeuronSpectra {
  readonly count: number
  readonly modulus: number
  readonly ipr: FloatArray
  readonly iprInputA: FloatArray
  readonly iprInputB: FloatArray
  readonly iprOutput: FloatArray
  readonly freq: NamedArray<Int32Array>
  /** [neuron, part], radians in (-pi, pi]. */
  readonly phase: FloatArray
  readonly norm: FloatArray
  readonly role: NamedArray<Uint8Array>
  readonly thresholds: RoleThresholds
  readonly extra: readonly { readonly id: string; readonly title: string; readonly values: FloatArray }[]
}

export default defineAnalysis<{ readonly thresholds?: RoleThresholds }, NeuronSpectra>({
  id: 'fourier',
  title: 'Fourier spectrum of neurons',
  definition:
    'IPR(x) = (‖F x‖₄ / ‖F x‖₂)⁴ with F the real discrete Fourier transform over residues, DC included; the IPR of a ' +
    'neuron is the mean over its two input rows and its output column. Its frequency is the harmonic with the largest ' +
    'normalized power averaged over the three, its norm √(‖u‖² + ‖v‖² + ‖w‖²). Dead: norm below the stated share of ' +
    'the largest; generalizing: IPR at or above its threshold; memorizing: IPR below its threshold; else between.',
  source: 'arXiv:2310.13061 eq. 3–4; phases as in arXiv:2301.02679 §3',
  unsuitable: notOneHiddenLayer,
  measure: (network, { thresholds = defaultRoleThresholds }) => measureNeurons(network, thresholds),
})

function measureNeurons(network: Network, thresholds: RoleThresholds): NeuronSpectra {
  const weights = neuronWeights(network)
  const { neuronCount: count, modulus } = weights
  const spectrum = createSpectrum(modulus)
  const perNeuron = (): FloatArray => namedArray(['neuron'], [count], new Float32Array(count))
  const iprOf = [perNeuron(), perNeuron(), perNeuron()] as const
  const ipr = perNeuron()
  const norm = perNeuron()
  const freq = namedArray(['neuron'], [count], new Int32Array(count))
  const phase = namedArray(['neuron', 'part'], [count, parts.length], new Float32Array(count * parts.length))

  const power = new Float64Array(spectrum.freqCount)
  const phases = new Float64Array(parts.length * spectrum.freqCount)
  for (let neuron = 0; neuron < count; neuron++) {
    power.fill(0)
    let squares = 0
    let iprSum = 0
    for (let part = 0; part < parts.length; part++) {
      const { data, start, stride } = weights.locate(part, neuron)
      for (let j = 0; j < modulus; j++) squares += data[start + j * stride]! ** 2
      const { re, im } = spectrum.transform(data, { start, stride })
      const magnitudes = magnitudesOf(re, im)
      const total = magnitudes.reduce((sum, magnitude) => sum + magnitude * magnitude, 0)
      for (let f = 0; f < spectrum.freqCount; f++) {
        if (total > 0) power[f]! += magnitudes[f]! ** 2 / total
        phases[part * spectrum.freqCount + f] = Math.atan2(im[f]!, re[f]!)
      }
      const partIpr = inverseParticipationRatio(magnitudes)
      iprOf[part]!.data[neuron] = partIpr
      iprSum += partIpr
    }
    ipr.data[neuron] = iprSum / parts.length
    norm.data[neuron] = Math.sqrt(squares)
    freq.data[neuron] = indexOfLargest(power)
    for (let part = 0; part < parts.length; part++) {
      phase.data[neuron * parts.length + part] = phases[part * spectrum.freqCount + freq.data[neuron]!]!
    }
  }
  const [iprInputA, iprInputB, iprOutput] = iprOf
  const role = rolesOf(ipr.data, norm.data, thresholds)
  const extra = extrasOf(network)
  return { count, modulus, ipr, iprInputA, iprInputB, iprOutput, freq, phase, norm, role, thresholds, extra }
}

/** The role of each neuron, as an index into `roles`. */
export function rolesOf(
  ipr: ArrayLike<number>,
  norm: ArrayLike<number>,
  thresholds: RoleThresholds,
): NamedArray<Uint8Array> {
  let largest = 0
  for (let k = 0; k < norm.length; k++) largest = Math.max(largest, norm[k]!)
  const role = Uint8Array.from({ length: ipr.length }, (_, k): number => {
    if (largest === 0 || norm[k]! < thresholds.deadNorm * largest) return roles.indexOf('dead')
    if (ipr[k]! >= thresholds.generalizingIpr) return roles.indexOf('generalizing')
    return roles.indexOf(ipr[k]! < thresholds.memorizingIpr ? 'memorizing' : 'between')
  })
  return namedArray(['neuron'], [ipr.length], role)
}

/** Magnitudes of one neuron's three spectra, each of unit length: [part, freq]. A part of zero weights stays zero. */
export function neuronSpectrum(network: Network, neuron: number): FloatArray {
  const weights: NeuronWeights = neuronWeights(network)
  const spectrum = createSpectrum(weights.modulus)
  const { freqCount } = spectrum
  const values = new Float32Array(parts.length * freqCount)
  for (let part = 0; part < parts.length; part++) {
    const { data, start, stride } = weights.locate(part, neuron)
    const magnitudes = spectrum.magnitudes(data, { start, stride })
    const length = Math.hypot(...magnitudes)
    if (length > 0) values.set(magnitudes.map((magnitude) => magnitude / length), part * freqCount)
  }
  return namedArray(['part', 'freq'], [parts.length, freqCount], values)
}

/** Scale parameters of a normalization after the activation, one per neuron: how loud the network leaves each. */
function extrasOf({ arrays }: Network): NeuronSpectra['extra'] {
  const { gamma } = arrays
  if (!gamma) return []
  const values = namedArray(['neuron'], gamma.shape, gamma.data.map(Math.abs))
  return [{ id: 'gamma', title: '|γ| of BatchNorm', values }]
}

function magnitudesOf(re: Float64Array, im: Float64Array): Float64Array {
  return Float64Array.from(re, (real, f) => Math.hypot(real, im[f]!))
}

function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
