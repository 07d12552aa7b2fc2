/**
 * How much of a table over pairs of residues depends on the sum of the pair alone, and through which harmonics.
 *
 * A table L[a, b, c] over all pairs mod p, with w_f = 2 pi f / p. Over the p^2 pairs the unit vectors
 *
 *   u_f = sqrt(2) / p · cos(w_f (a + b)) = sqrt(2) / p · (cos cos - sin sin),   v_f = sqrt(2) / p · sin(w_f (a + b))
 *
 * are orthogonal for f = 1 .. floor(p / 2). What lies along them is a function of s = a + b mod p, so that it follows from
 * the p sums' means M[s, c] = mean of L over the pairs of sum s:
 *
 *   C_f[c] = sum_s cos(w_f s) M[s, c],   S_f[c] = sum_s sin(w_f s) M[s, c]
 *   projection P_f[s, c] = 2 / p · (cos(w_f s) C_f[c] + sin(w_f s) S_f[c]),   its sum of squares 2 sum_c (C_f^2 + S_f^2)
 *
 * For even p the highest harmonic has no sine, and half of these factors.
 *
 * Shares are of the variance: the sum of squares of L after taking from each pair its mean over c, and from each c its mean
 * over pairs. Of a harmonic's part, the piece along cos(w_f (a + b - c)) is the one that answers with the sum.
 * Source: arXiv:2301.05217 §4–5.
 */
import { assert } from './assert'

export interface SumHarmonics {
  readonly modulus: number
  /** Length of the axis c. */
  readonly width: number
  /** By harmonic, 0 .. floor(p / 2): share of the variance along u_f and v_f. The entry of 0 is 0. */
  readonly shares: Float64Array
  /** Likewise, along cos(w_f (a + b - c)) alone. Zeros where width is not p. */
  readonly cosineShares: Float64Array
  /** The table with nothing left but these harmonics and the mean over pairs: [sum, c]. */
  kept(freqs: readonly number[]): Float32Array
  /** The table's rows of some pairs (a · p + b) without these harmonics: [pair, c]. */
  removed(freqs: readonly number[], pairs: Int32Array): Float32Array
}

export const keyThreshold = {
  /** Share of the variance. */
  share: 0.01,
  /** Times the share that a harmonic has of a table without structure, 2 / p^2: what counts for small moduli. */
  overNoise: 10,
} as const

/** Harmonics whose share of the variance passes both thresholds; ascending. */
export function keyFreqs({ shares, modulus }: SumHarmonics): readonly number[] {
  const least = Math.max(keyThreshold.share, (keyThreshold.overNoise * 2) / modulus ** 2)
  return [...shares.keys()].filter((freq) => shares[freq]! >= least)
}

/** Whether rows of `length` tokens are all pairs of residues, a outermost, each labelled with its sum. */
export function isSumTable(tokens: Int32Array, labels: Int32Array, modulus: number): boolean {
  const length = tokens.length / labels.length
  if (labels.length !== modulus ** 2 || length < 2) return false
  return labels.every((label, pair) => {
    const [a, b] = [Math.floor(pair / modulus), pair % modulus]
    return tokens[pair * length] === a && tokens[pair * length + 1] === b && label === (a + b) % modulus
  })
}

/** `values` is [a, b, c], row-major, a and b from 0 to p - 1. */
export function sumHarmonics(values: ArrayLike<number>, modulus: number): SumHarmonics {
  const width = values.length / modulus ** 2
  assert(Number.isInteger(width) && width > 0, `${values.length} values are no table over ${modulus} x ${modulus} pairs`)
  const freqCount = Math.floor(modulus / 2) + 1
  const cosine = Float64Array.from({ length: modulus }, (_, i) => Math.cos((2 * Math.PI * i) / modulus))
  const sine = Float64Array.from({ length: modulus }, (_, i) => Math.sin((2 * Math.PI * i) / modulus))
  const { means, mean, variance } = momentsOf(values, modulus, width)
  const factorOf = (freq: number): number => (2 * freq === modulus ? 1 : 2)

  /** C_f and S_f: [c] each. */
  function coefficients(freq: number): { readonly cosines: Float64Array; readonly sines: Float64Array } {
    const cosines = new Float64Array(width)
    const sines = new Float64Array(width)
    for (let s = 0; s < modulus; s++) {
      const angle = (freq * s) % modulus
      for (let c = 0; c < width; c++) {
        cosines[c]! += cosine[angle]! * means[s * width + c]!
        sines[c]! += sine[angle]! * means[s * width + c]!
      }
    }
    return { cosines, sines }
  }

  const shares = new Float64Array(freqCount)
  const cosineShares = new Float64Array(freqCount)
  for (let freq = 1; freq < freqCount && variance > 0; freq++) {
    const { cosines, sines } = coefficients(freq)
    const [meanCosine, meanSine] = [meanOf(cosines), meanOf(sines)]
    let square = 0
    let along = 0
    for (let c = 0; c < width; c++) {
      square += (cosines[c]! - meanCosine) ** 2 + (sines[c]! - meanSine) ** 2
      const angle = (freq * c) % modulus
      along += cosine[angle]! * cosines[c]! + sine[angle]! * sines[c]!
    }
    const factor = factorOf(freq)
    shares[freq] = (factor * square) / variance
    // The unit table along cos(w (a + b - c)) is sqrt(factor / p^3) times it, and holds p equal pairs of every sum.
    if (width === modulus) cosineShares[freq] = ((factor / modulus) * along * along) / variance
  }

  /** P summed over the harmonics: [sum, c]. */
  function projection(freqs: readonly number[]): Float64Array {
    const projected = new Float64Array(modulus * width)
    for (const freq of freqs) {
      const { cosines, sines } = coefficients(freq)
      const scale = factorOf(freq) / modulus
      for (let s = 0; s < modulus; s++) {
        const angle = (freq * s) % modulus
        for (let c = 0; c < width; c++) {
          projected[s * width + c]! += scale * (cosine[angle]! * cosines[c]! + sine[angle]! * sines[c]!)
        }
      }
    }
    return projected
  }

  return {
    modulus,
    width,
    shares,
    cosineShares,
    kept: (freqs) => Float32Array.from(projection(freqs), (value, i) => mean[i % width]! + value),
    removed(freqs, pairs) {
      const projected = projection(freqs)
      const left = new Float32Array(pairs.length * width)
      pairs.forEach((pair, i) => {
        const row = ((Math.floor(pair / modulus) + (pair % modulus)) % modulus) * width
        for (let c = 0; c < width; c++) left[i * width + c] = values[pair * width + c]! - projected[row + c]!
      })
      return left
    },
  }
}

/** Means over the pairs of each sum, over all pairs, and the variance the header defines. */
function momentsOf(
  values: ArrayLike<number>,
  modulus: number,
  width: number,
): { readonly means: Float64Array; readonly mean: Float64Array; readonly variance: number } {
  const means = new Float64Array(modulus * width)
  const centredMean = new Float64Array(width)
  let squares = 0
  for (let pair = 0; pair < modulus ** 2; pair++) {
    const start = pair * width
    const row = ((Math.floor(pair / modulus) + (pair % modulus)) % modulus) * width
    let total = 0
    for (let c = 0; c < width; c++) total += values[start + c]!
    const level = total / width
    for (let c = 0; c < width; c++) {
      const value = values[start + c]!
      means[row + c]! += value / modulus
      const centred = value - level
      centredMean[c]! += centred / modulus ** 2
      squares += centred * centred
    }
  }
  const mean = new Float64Array(width)
  means.forEach((value, i) => (mean[i % width]! += value / modulus))
  const common = centredMean.reduce((sum, value) => sum + value * value, 0)
  return { means, mean, variance: squares - modulus ** 2 * common }
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
