import { expect, test } from 'vitest'
import { plainOption } from '@main/lab/reports/components/plain-option'

const plain = (option: unknown): unknown => plainOption(JSON.stringify(option))

test('data and style stay, animation is off and tooltips are drawn as text', () => {
  const option = { color: ['#123'], series: [{ type: 'line', data: [[0, 1]], lineStyle: { width: 2 } }] }

  expect(plain(option)).toEqual({ ...option, animation: false, tooltip: { renderMode: 'richText' } })
})

test('tooltips of series are drawn as text too, whatever they ask for', () => {
  const option = { tooltip: { show: true, renderMode: 'html' }, series: [{ tooltip: { renderMode: 'html' } }] }

  expect(plain(option)).toMatchObject({
    tooltip: { show: true, renderMode: 'richText' },
    series: [{ tooltip: { renderMode: 'richText' } }],
  })
})

test('links, foreign images, toolboxes and prototypes are dropped at any depth', () => {
  const option = {
    title: { text: 'kept', link: 'javascript:1', sublink: 'https://example.org' },
    toolbox: { feature: { dataView: {} } },
    series: [{ symbol: 'image://https://example.org/x.png', markPoint: { data: [{ symbol: ' javascript:1' }] } }],
  }

  const cleaned = plainOption(JSON.stringify(option).replace('{', '{"__proto__":{"polluted":1},'))

  expect(cleaned).toEqual({
    animation: false,
    tooltip: { renderMode: 'richText' },
    title: { text: 'kept' },
    series: [{ symbol: '', markPoint: { data: [{ symbol: '' }] } }],
  })
  expect('polluted' in cleaned).toBe(false)
})

test('the ends of a graph edge and linked axis pointers stay', () => {
  const option = { axisPointer: { link: [{ xAxisIndex: 'all' }] }, series: [{ links: [{ source: 'a', target: 'b' }] }] }

  expect(plain(option)).toMatchObject(option)
})

test.each(['not json', 'null', '[1]', '3'])('%s is an empty option', (json) => {
  expect(plainOption(json)).toEqual({})
})
