import { expect, test } from 'vitest'
import { selftest } from '@main/host/headless/selftest'
import type { BenchmarkRow } from '@main/lab/interpret/known-circuits/components/known-benchmark'

const rowsOf = (methodId: string, areas: readonly number[]): BenchmarkRow[] =>
  areas.map((auroc, i) => ({
    circuitId: ['xor', 'sort', 'max'][i]!, variant: i < 2 ? 'plain' : 'noised', methodId, auroc, elapsedMs: 100, edgeCount: 9, trueCount: 3,
  }))

async function outcome(rows: readonly BenchmarkRow[], isJson = false, interrupted = new AbortController().signal) {
  let text = ''
  const methods = [{ id: 'exact-edges', title: 'Exact' }, { id: 'eap-ig', title: 'EAP-IG' }]
  const code = await selftest(
    { backend: 'this backend', methods, networkCount: 3, rows },
    { isJson, write: (part) => void (text += part), progress: () => {}, interrupted },
  )
  return { code, text }
}

const good = [...rowsOf('exact-edges', [1, 0.97, 0.96]), ...rowsOf('eap-ig', [0.95, 0.9, 0.4])]

test('medians at their bars end well, whatever the least is', async () => {
  const { code, text } = await outcome(good)

  expect(code).toBe(0)
  expect(text).toContain('every bar is reached')
  expect(text).toMatch(/EAP-IG +3 +0\.900 +0\.650–0\.925 +0\.400 +0\.90 +0\.3 +max, noised/)
})

test('a median under its bar is said and ends with code 3', async () => {
  const { code, text } = await outcome([...good, ...rowsOf('eap-ig', [0.5, 0.5, 0.5])])

  expect(code).toBe(3)
  expect(text).toContain('eap-ig: median 0.500 is under the bar of 0.9')
})

test('as JSON it has bars, what was missed, summaries and every network', async () => {
  const { text } = await outcome(good, true)
  const read = JSON.parse(text) as Record<string, unknown[]>

  expect(read['bars']).toEqual({ 'exact-edges': 0.95, 'eap-ig': 0.9 })
  expect(read['missed']).toEqual([])
  expect(read['summaries']).toHaveLength(2)
  expect(read['networks']).toHaveLength(6)
})

test('an interrupt ends it without a table', async () => {
  expect(await outcome(good, false, AbortSignal.abort())).toEqual({ code: 130, text: '' })
})
