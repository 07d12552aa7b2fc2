import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { createSpectrum, harmonicMatrix, inverseParticipationRatio } from '@main/base/spectrum'

const cosineOf = (length: number, freq: number, phase: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * freq * i) / length + phase))

describe('spectrum', () => {
  test.each([1, 2, 7, 12, 97])('length %i equals the defining sum', (length) => {
    const rng = createRng(length)
    const values = Float64Array.from({ length }, () => rng.normal())

    const { re, im } = createSpectrum(length).transform(values)

    for (let k = 0; k <= Math.floor(length / 2); k++) {
      let real = 0
      let imaginary = 0
      for (let j = 0; j < length; j++) {
        real += values[j]! * Math.cos((2 * Math.PI * k * j) / length)
        imaginary -= values[j]! * Math.sin((2 * Math.PI * k * j) / length)
      }
      expect(re[k]).toBeCloseTo(real, 10)
      expect(im[k]).toBeCloseTo(imaginary, 10)
    }
  })

  test.each([1, 2, 7, 12, 97])('of length %i times its matrix is the transform', (length) => {
    const values = Float64Array.from({ length }, (_, i) => Math.sin(i * i + 1))
    const { re, im } = createSpectrum(length).transform(values)
    const matrix = harmonicMatrix(length)
    const width = matrix.length / length

    const product = Array.from({ length: width }, (_, column) => values.reduce((sum, value, row) => sum + value * matrix[row * width + column]!, 0))

    const wanted = [...re, ...im.map((value) => -value)]
    product.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5))
  })

  test('a cosine has its phase as the angle of its harmonic', () => {
    const { re, im } = createSpectrum(59).transform(cosineOf(59, 7, 0.4))

    expect(Math.atan2(im[7]!, re[7]!)).toBeCloseTo(0.4, 10)
    expect(Math.hypot(re[7]!, im[7]!)).toBeCloseTo(59 / 2, 10)
  })

  test('a column of a matrix reads like the column copied out', () => {
    const matrix = Float64Array.from({ length: 5 * 3 }, (_, i) => Math.sin(i * i))
    const column = Float64Array.from({ length: 5 }, (_, i) => matrix[i * 3 + 2]!)
    const spectrum = createSpectrum(5)

    expect(spectrum.magnitudes(matrix, { start: 2, stride: 3 })).toEqual(spectrum.magnitudes(column))
  })
})

describe('inverse participation ratio', () => {
  const length = 59
  const spectrum = createSpectrum(length)

  test.each([1, 7, 29])('a pure cosine of harmonic %i has ratio 1 at any phase', (freq) => {
    for (const phase of [0, 0.3, 2]) expect(spectrum.ipr(cosineOf(length, freq, phase))).toBeCloseTo(1, 10)
  })

  test('a constant has ratio 1, because the mean is one bin', () => {
    expect(spectrum.ipr(new Float64Array(length).fill(-3))).toBeCloseTo(1, 10)
  })

  test('a single spike has a flat spectrum and ratio 1 / 30', () => {
    expect(spectrum.ipr(Float64Array.from({ length }, (_, i) => (i === 11 ? 2 : 0)))).toBeCloseTo(1 / 30, 12)
  })

  test('m cosines of equal size have ratio 1 / m', () => {
    const sum = cosineOf(length, 3, 0).map((value, i) => value + cosineOf(length, 8, 1)[i]! + cosineOf(length, 20, 2)[i]!)

    expect(spectrum.ipr(sum)).toBeCloseTo(1 / 3, 10)
  })

  test('zeros have ratio 0 rather than no number', () => {
    expect(spectrum.ipr(new Float64Array(length))).toBe(0)
    expect(inverseParticipationRatio([0, 0])).toBe(0)
  })

  test('the ratio of magnitudes equals the ratio of the sequence and ignores scale', () => {
    const rng = createRng(1)
    const values = Float64Array.from({ length }, () => rng.normal())

    expect(inverseParticipationRatio(spectrum.magnitudes(values))).toBeCloseTo(spectrum.ipr(values), 12)
    expect(spectrum.ipr(values.map((value) => 1e-4 * value))).toBeCloseTo(spectrum.ipr(values), 10)
  })
})
