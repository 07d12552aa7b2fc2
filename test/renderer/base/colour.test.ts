import { describe, expect, test } from 'vitest'
import {
  centred,
  contrastRatio,
  distance,
  diverging,
  paletteIndex,
  parseHex,
  sequential,
  toHex,
  toLab,
  toRgb,
  type Rgb,
} from '@renderer/base/colour'
import { simulated, visions } from './colour-vision'

const steps = (colours: readonly Rgb[]): number[] => {
  return colours.slice(1).map((colour, i) => distance(toLab(colours[i]!), toLab(colour)))
}
const spread = (values: readonly number[]): number => Math.max(...values) / Math.min(...values)

describe('colour', () => {
  test('OKLab there and back gives the same colour', () => {
    for (const hex of ['#4c8bf5', '#000000', '#ffffff', '#fde725'])
      expect(toHex(toRgb(toLab(parseHex(hex))))).toBe(hex)
  })

  test('contrast of black on white is 21 and of a colour on itself 1', () => {
    expect(contrastRatio('#000', '#ffffff')).toBeCloseTo(21, 6)
    expect(contrastRatio('#1a1e25', '#1a1e25')).toBe(1)
  })
})

describe('sequential palette', () => {
  test('steps are equally large to the eye', () => {
    expect(spread(steps(sequential.colours))).toBeLessThan(1.25)
  })

  test.each(visions)('lightness rises all the way with %s vision', (vision) => {
    const lightness = sequential.colours.map((colour) => toLab(simulated(colour, vision))[0])

    expect(lightness.every((value, i) => i === 0 || value > lightness[i - 1]! - 1e-3)).toBe(true)
    expect(lightness.at(-1)! - lightness[0]!).toBeGreaterThan(0.5)
  })

  test('words hold the same colours in the byte order of ImageData', () => {
    const bytes = new Uint8Array(sequential.words.buffer)

    expect([...bytes.subarray(4 * 100, 4 * 100 + 4)]).toEqual([
      ...sequential.colours[100]!.map(Math.round),
      255,
    ])
  })
})

describe('diverging palette', () => {
  test('equal distances from zero are equally light', () => {
    const lightness = diverging.colours.map((colour) => toLab(colour)[0])
    const gaps = lightness.map((value, i) => Math.abs(value - lightness[255 - i]!))

    expect(Math.max(...gaps)).toBeLessThan(0.02)
  })

  test.each(visions)('the two signs are told apart with %s vision', (vision) => {
    for (const at of [0, 32, 64, 90]) {
      const negative = toLab(simulated(diverging.colours[at]!, vision))
      const positive = toLab(simulated(diverging.colours[255 - at]!, vision))
      expect(distance(negative, positive)).toBeGreaterThan(0.06)
    }
  })

  test('zero stands in the middle whatever the values are', () => {
    const [low, high] = centred(-0.2, 3)

    expect([low, high]).toEqual([-3, 3])
    expect(paletteIndex(0, low, high)).toBe(128)
    expect([paletteIndex(-9, low, high), paletteIndex(9, low, high)]).toEqual([0, 255])
  })
})
