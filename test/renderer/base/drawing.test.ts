import { describe, expect, test } from 'vitest'
import { toCsv } from '@renderer/base/csv'
import { downsample } from '@renderer/base/downsample'
import { extent, nearestIndex, squareCells } from '@renderer/base/geometry'
import { indexTicks, linearScale, linearTicks, logScale, logTicks } from '@renderer/base/scales'

describe('scales', () => {
  test('ticks are round, inside the range and evenly spaced', () => {
    expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(linearTicks(-0.3, 0.31, 4)).toEqual([-0.2, 0, 0.2])
    expect(linearTicks(3, 3)).toEqual([3])
  })

  test('log ticks are powers of ten, and finer where there are too few', () => {
    expect(logTicks(0.5, 2000)).toEqual([1, 10, 100, 1000])
    expect(logTicks(2, 40)).toEqual([2, 5, 10, 20])
    expect(logTicks(0, 10)).toEqual([])
  })

  test('index ticks leave each label its room', () => {
    expect(indexTicks(97, 200, 24)).toEqual([0, 20, 40, 60, 80])
    expect(indexTicks(5, 200, 24)).toEqual([0, 1, 2, 3, 4])
  })

  test('a scale and its inverse cancel', () => {
    const linear = linearScale([-2, 6], [10, 300])
    const log = logScale([0.01, 100], [0, 400])

    expect(linear.valueAt(linear.position(1.25))).toBeCloseTo(1.25, 12)
    expect(log.valueAt(log.position(3.7))).toBeCloseTo(3.7, 12)
    expect(log.position(0)).toBeNaN()
  })
})

describe('geometry', () => {
  test('cells of a map are square whole pixels inside the room', () => {
    expect(squareCells(97, 97, { left: 40, top: 10, width: 500, height: 320 })).toEqual({
      cell: 3,
      width: 291,
      height: 291,
      left: 144,
      top: 24,
    })
  })

  test('the nearest index equals a search through all entries', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => Math.sqrt(i))
    for (let wanted = -1; wanted < 8; wanted += 0.037) {
      const brute = values.reduce(
        (best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best]! - wanted) ? i : best),
        0,
      )
      expect(nearestIndex(values, wanted)).toBe(brute)
    }
    expect(nearestIndex([], 1)).toBe(-1)
  })

  test('extent passes over what is not finite', () => {
    expect(extent([NaN, 3, -Infinity, -2, Infinity])).toEqual([-2, 3])
    expect(extent([NaN])).toBeUndefined()
  })
})

describe('downsample', () => {
  const x = Float64Array.from({ length: 100_000 }, (_, i) => i)

  test('a single spike among a hundred thousand points survives', () => {
    const y = Float64Array.from(x, (i) => Math.sin(i / 5000))
    y[61_803] = 9
    y[12_345] = -7

    const points = downsample(x, y, 400)

    expect(points.x.length).toBeLessThanOrEqual(1600)
    expect(extent(points.y)).toEqual([-7, 9])
    expect([points.x[0], points.x.at(-1)]).toEqual([0, 99_999])
  })

  test('every column keeps its own extremes, in order', () => {
    const y = Float64Array.from(x, (i) => Math.sin(i * i))

    const points = downsample(x, y, 100)

    expect([...points.x]).toEqual([...points.x].sort((i, j) => i - j))
    const inFirst = [...points.x.keys()].filter((i) => points.x[i]! < 999)
    expect(extent(inFirst.map((i) => points.y[i]!))).toEqual(extent(y.subarray(0, 999)))
  })

  test('few points are passed through, and a range keeps one neighbour on either side', () => {
    const points = downsample([0, 1, 2, 3, 4, 5], [5, 4, NaN, 2, 1, 0], 400, [1.5, 2.5])

    expect([...points.x]).toEqual([1, 2, 3])
    expect([...points.y]).toEqual([4, NaN, 2])
  })

  test('a gap stays a gap', () => {
    const y = Float64Array.from(x, (i) => (i > 40_000 && i < 45_000 ? NaN : 1))

    expect([...downsample(x, y, 200).y].some(Number.isNaN)).toBe(true)
  })
})

describe('csv', () => {
  test('numbers are exact, gaps empty, text quoted where it must be', () => {
    const csv = toCsv([
      { name: 'step', values: new Int32Array([0, 10]) },
      { name: 'loss, train', values: new Float64Array([0.1, NaN]) },
      { name: 'note', values: ['say "so"'] },
    ])

    expect(csv).toBe('step,"loss, train",note\r\n0,0.1,"say ""so"""\r\n10,,\r\n')
  })
})
