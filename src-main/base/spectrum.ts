/**
 * Fourier spectrum of short real sequences, and how concentrated it is.
 *
 *   F_k = sum_j x_j exp(-2 pi i k j / n),   k = 0 .. floor(n / 2)
 *
 * the half spectrum that numpy's rfft returns, DC included and unscaled. Lengths here are moduli, mostly primes around a
 * hundred, so the transform is the plain sum over precomputed tables; x_j and x_{n-j} share their cosine and, up to
 * sign, their sine, which halves the work.
 *
 * Inverse participation ratio: IPR(x) = (|F|_4 / |F|_2)^4 = sum |F_k|^4 / (sum |F_k|^2)^2, from 1 / (number of bins)
 * for a flat spectrum to 1 for a single harmonic. With the full complex spectrum, where a cosine occupies two bins, the
 * same cosine would read 0.5. Source: arXiv:2310.13061 eq. 3, with the half spectrum that the authors' code uses.
 */
import { assert } from './assert'

export interface Spectrum {
  /** Length of the sequences. */
  readonly length: number
  /** Number of harmonics, floor(length / 2) + 1; index 0 is the mean (DC). */
  readonly freqCount: number
  /**
   * Real and imaginary parts of F. Reads `length` values from `start` on, `stride` apart, so that a column of a matrix
   * needs no copy. The arrays are reused by the next call.
   */
  transform(values: ArrayLike<number>, at?: Reading): { readonly re: Float64Array; readonly im: Float64Array }
  /** |F_k|; a new array. */
  magnitudes(values: ArrayLike<number>, at?: Reading): Float64Array
  /** IPR of the sequence itself; 0 when all values are zero. */
  ipr(values: ArrayLike<number>, at?: Reading): number
}

/** Where in a larger array a sequence lies. Defaults: start 0, stride 1. */
export interface Reading {
  readonly start?: number
  readonly stride?: number
}

export function createSpectrum(length: number): Spectrum {
  assert(Number.isInteger(length) && length > 0, `a spectrum needs a positive length, not ${length}`)
  const freqCount = Math.floor(length / 2) + 1
  const cosine = Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * i) / length))
  const sine = Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * i) / length))
  const half = Math.floor((length - 1) / 2)
  const hasMiddle = length % 2 === 0
  const even = new Float64Array(half)
  const odd = new Float64Array(half)
  const re = new Float64Array(freqCount)
  const im = new Float64Array(freqCount)

  function transform(values: ArrayLike<number>, { start = 0, stride = 1 }: Reading = {}): Spectral {
    for (let j = 1; j <= half; j++) {
      const front = values[start + j * stride]!
      const back = values[start + (length - j) * stride]!
      even[j - 1] = front + back
      odd[j - 1] = front - back
    }
    const first = values[start]!
    const middle = hasMiddle ? values[start + (length / 2) * stride]! : 0
    for (let k = 0; k < freqCount; k++) {
      let real = first + (k % 2 === 0 ? middle : -middle)
      let imaginary = 0
      for (let j = 0, angle = k % length; j < half; j++) {
        real += even[j]! * cosine[angle]!
        imaginary -= odd[j]! * sine[angle]!
        angle += k
        if (angle >= length) angle -= length
      }
      re[k] = real
      im[k] = imaginary
    }
    return { re, im }
  }

  return {
    length,
    freqCount,
    transform,
    magnitudes(values, at) {
      transform(values, at)
      return Float64Array.from(re, (real, k) => Math.hypot(real, im[k]!))
    },
    ipr(values, at) {
      transform(values, at)
      let square = 0
      let fourth = 0
      for (let k = 0; k < freqCount; k++) {
        const power = re[k]! * re[k]! + im[k]! * im[k]!
        square += power
        fourth += power * power
      }
      return square === 0 ? 0 : fourth / (square * square)
    },
  }
}

/**
 * The transform as a matrix [length, 2 · freqCount]: a row of values times it gives re of every harmonic, then -im. For many
 * sequences at once, where a product is cheaper than a sum for each.
 */
export function harmonicMatrix(length: number): Float32Array {
  const freqCount = Math.floor(length / 2) + 1
  const matrix = new Float32Array(length * 2 * freqCount)
  for (let j = 0; j < length; j++) {
    for (let k = 0; k < freqCount; k++) {
      const angle = (2 * Math.PI * ((j * k) % length)) / length
      matrix[2 * j * freqCount + k] = Math.cos(angle)
      matrix[(2 * j + 1) * freqCount + k] = Math.sin(angle)
    }
  }
  return matrix
}

interface Spectral {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** IPR from magnitudes |F_k|: sum |F|^4 / (sum |F|^2)^2; 0 when all are zero. */
export function inverseParticipationRatio(magnitudes: ArrayLike<number>): number {
  let square = 0
  let fourth = 0
  for (let k = 0; k < magnitudes.length; k++) {
    const power = magnitudes[k]! ** 2
    square += power
    fourth += power * power
  }
  return square === 0 ? 0 : fourth / (square * square)
}
