import { describe, expect, test } from 'vitest'
import { specRows } from '@renderer/charts/spec-rows'

const rows = (spec: Readonly<Record<string, string | number | boolean>>) =>
  specRows({ definition: '', source: '', spec, backend: 'wasm', elapsedMs: 9.9 }).map(
    ({ name, value, isPart }) => {
      return `${isPart ? '  ' : ''}${name}: ${value}`
    },
  )

describe('a specification as lines', () => {
  test('settings after a name stand below it, the rest as it is', () => {
    expect(rows({ task: 'modular-arithmetic {"operation":"+","p":59,"isLarge":true}', seed: 1 })).toEqual([
      'task: modular-arithmetic',
      '  operation: +',
      '  p: 59',
      '  isLarge: yes',
      'seed: 1',
      'backend: wasm',
      'elapsed: 9.9 ms',
    ])
  })

  test.each(['set {a, b}', 'x {"deep":{"a":1}}'])('%s is text', (text) => {
    expect(rows({ note: text })[0]).toBe(`note: ${text}`)
  })
})
