import { describe, expect, test } from 'vitest'
import {
  formatAccuracy,
  formatBytes,
  formatCount,
  formatDuration,
  formatExact,
  formatFixed,
  formatNumber,
  formatPoints,
  formatRate,
  formatSigned,
} from '@renderer/base/format'

describe('format', () => {
  test('numbers keep four significant digits and a true minus sign', () => {
    const texts = [0.98391, -1.0666, 1234.56, 0.5, 0, 11140, 3.2e-7, 12345678, NaN].map((value) =>
      formatNumber(value),
    )

    expect(texts).toEqual(['0.9839', '−1.067', '1,235', '0.5', '0', '11,140', '3.2e−7', '1.235e7', '–'])
  })

  test('accuracy is percent, and neither rounds up to perfect nor down to never', () => {
    const texts = [1, 0.9999, 0.984, 0, 0.0001, NaN].map(formatAccuracy)

    expect(texts).toEqual(['100.0 %', '99.9 %', '98.4 %', '0.0 %', '0.1 %', '–'])
  })

  test('the exact value of a float32 is its shortest decimal', () => {
    const exact = new Float32Array([0.984, 0.1, 1 / 3, 12])

    expect([...exact].map(formatExact)).toEqual(['0.984', '0.1', '0.33333334', '12'])
    expect(formatExact(0.1 + 0.2)).toBe('0.30000000000000004')
  })

  test('the exact text gives back the float32 it was made from', () => {
    for (let i = 1; i < 200; i++) {
      const value = Math.fround(Math.sin(i) * 10 ** ((i % 9) - 4))
      expect(Math.fround(Number(formatExact(value).replace('−', '-')))).toBe(value)
    }
  })

  test('bytes, durations, rates, counts and changes read as a person writes them', () => {
    expect([0, 999, 14_230_000, 999_900, 2.5e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '14.2 MB',
      '1 MB',
      '2.5 GB',
    ])
    expect([0.4, 840, 12_340, 59_990, 245_000, 7_620_000].map(formatDuration)).toEqual([
      '0.4 ms',
      '840 ms',
      '12.3 s',
      '1 min 00 s',
      '4 min 05 s',
      '2 h 07 min',
    ])
    expect(formatRate(5903, 'steps')).toBe('5,900 steps/s')
    expect(formatCount(9409)).toBe('9,409')
    expect([0.002, -0.013, 0].map((value) => formatSigned(value))).toEqual(['+0.002', '−0.013', '0'])
    expect(formatPoints(-0.0131)).toBe('−1.31 pt')
    expect(formatFixed(0.5)).toBe('0.500')
  })
})
