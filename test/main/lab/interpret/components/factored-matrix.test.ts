import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { eigenvaluesOf, frobeniusOf, singularOf, type Factored, type Thin } from '@main/lab/interpret/components/factored-matrix'
import { expectClose } from '../../../../fixtures/backends'

const thin = (rows: number, columns: number, values: readonly number[]): Thin => ({ rows, columns, data: Float32Array.from(values) })

function random(m: number, r: number, n: number, seed = 1): Factored {
  const rng = createRng(seed)
  const draw = (rows: number, columns: number): Thin => thin(rows, columns, Array.from({ length: rows * columns }, () => rng.normal()))
  return { left: draw(m, r), right: draw(r, n) }
}

function product({ left, right }: Factored): number[][] {
  return Array.from({ length: left.rows }, (_, i) =>
    Array.from({ length: right.columns }, (_, j) => {
      let sum = 0
      for (let k = 0; k < left.columns; k++) sum += left.data[i * left.columns + k]! * right.data[k * right.columns + j]!
      return sum
    }),
  )
}

describe('a factored matrix', () => {
  test('that turns the plane by an angle has the angle’s complex eigenvalues', () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)]
    const { re, im } = eigenvaluesOf({ left: thin(2, 2, [1, 0, 0, 1]), right: thin(2, 2, [c, -s, s, c]) })

    expectClose(re, [c, c], { atol: 1e-6 })
    expectClose(im, [s, -s], { atol: 1e-6 })
  })

  test('has the trace and the trace of the square of the whole product', () => {
    const factored = random(9, 4, 9)
    const whole = product(factored)
    const trace = whole.reduce((sum, row, i) => sum + row[i]!, 0)
    const traceOfSquare = whole.reduce((sum, row, i) => sum + row.reduce((inner, x, j) => inner + x * whole[j]![i]!, 0), 0)

    const { re, im } = eigenvaluesOf(factored)

    expect(re.length).toBe(4)
    expect(re.reduce((sum, x) => sum + x, 0)).toBeCloseTo(trace, 4)
    expect(im.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 8)
    expect(re.reduce((sum, x, i) => sum + x * x - im[i]! * im[i]!, 0)).toBeCloseTo(traceOfSquare, 3)
  })

  test('is the sum of its singular directions', () => {
    const factored = random(7, 3, 11)
    const whole = product(factored)

    const { values, directions } = singularOf(factored, 3)
    const rebuilt = whole.map((row, i) =>
      row.map((_, j) => directions.reduce((sum, one) => sum + one.singularValue * one.left[i]! * one.right[j]!, 0)),
    )

    expectClose(rebuilt.flat(), whole.flat(), { atol: 1e-5 })
    expect([...values]).toEqual([...values].sort((x, y) => y - x))
  })

  test('of lower rank than its width has singular values of zero', () => {
    const { values } = singularOf({ left: thin(3, 2, [1, 2, 2, 4, 3, 6]), right: thin(2, 2, [1, 0, 0, 1]) }, 1)

    expect(values[0]).toBeCloseTo(Math.sqrt(14 * 5), 5)
    expect(values[1]).toBeLessThan(1e-6)
  })

  test('has the norm of the whole product', () => {
    const factored = random(6, 3, 8)
    const wanted = Math.sqrt(product(factored).flat().reduce((sum, x) => sum + x * x, 0))

    expect(frobeniusOf(factored)).toBeCloseTo(wanted, 4)
  })
})
