import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import HeatmapNumbers from '@renderer/charts/HeatmapNumbers.vue'

const numbersOf = (values: readonly number[], cell = 60): readonly string[] => {
  const matrix = { axes: ['layer', 'head'], shape: [1, values.length], data: Float64Array.from(values) }
  const axis = { title: 'x' }
  const box = { left: 0, top: 0, width: cell * values.length, height: cell, cell }
  const map = { matrix, x: axis, y: axis, value: axis, orientation: 'rows', isSigned: true } as const
  return mount(HeatmapNumbers, { props: { box, map } }).findAll('span').map((span) => span.text())
}

test('numbers of a map have the decimals of its largest; what rounds to nothing is zero, what is unknown is blank', () => {
  expect(numbersOf([0.641, -0.0004, NaN, 0.05])).toEqual(['0.64', '0', '0.05'])
  expect(numbersOf([16.2, -3.4])).toEqual(['16', '−3'])
})

test('narrow cells stay without numbers', () => {
  expect(numbersOf([1, 2], 30)).toEqual([])
})
