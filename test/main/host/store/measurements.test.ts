import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { unwrap } from '@main/base/result'
import type { Store } from '@main/host/store/store'
import { sparkOf } from '@main/host/store/spark'
import { newRun, newStore, stateAt } from './samples'

type Row = Parameters<Store['measurements']['append']>[1][number]

function withRun(): { readonly store: Store; readonly runId: string } {
  const store = newStore()
  return { store, runId: store.runs.create(newRun()).id }
}

/** All series as plain numbers: what a reader sees. */
function plain(store: Store, runId: string): Record<string, readonly (readonly [number, number])[]> {
  const series = store.measurements.series(runId)
  return Object.fromEntries(
    series.map(({ id, steps, values }) => [id, Array.from(steps.data, (step, i) => [step, values.data[i]!] as const)]),
  )
}

describe('measurements', () => {
  test('equal what a list of rows would hold, however they are appended, replaced and truncated', () => {
    const { store, runId } = withRun()
    const rng = createRng(3)
    const expected = new Map<number, Row['values']>()
    const names = ['loss.train', 'loss.test', 'weight-norm']

    for (let round = 0; round < 150; round++) {
      const last = Math.max(-1, ...expected.keys())
      if (rng.below(10) === 0) {
        const after = Math.max(0, last - rng.below(300))
        store.measurements.truncate(runId, after)
        for (const step of expected.keys()) if (step > after) expected.delete(step)
      } else {
        const from = rng.below(4) === 0 ? Math.max(0, last - rng.below(400)) : last + 1 + rng.below(3)
        const rows = Array.from({ length: rng.below(80) }, (_, i): Row => {
          const kept = names.filter(() => rng.below(5) > 0)
          const values = Object.fromEntries(kept.map((id) => [id, rng.normal()]))
          return { step: from + i * (1 + (round % 2)), values }
        })
        store.measurements.append(runId, rows)
        for (const { step, values } of rows) expected.set(step, values)
      }
    }

    const steps = [...expected.keys()].sort((x, y) => x - y)
    const wanted = names.map((id) => [
      id,
      steps.filter((step) => id in expected.get(step)!).map((step) => [step, expected.get(step)![id]!]),
    ])
    expect(plain(store, runId)).toEqual(Object.fromEntries(wanted.sort()))
    expect(steps.length).toBeGreaterThan(1000)
  })

  test('keep values that are not finite, and the sign of zero', () => {
    const { store, runId } = withRun()

    store.measurements.append(runId, [NaN, -Infinity, -0].map((loss, step) => ({ step, values: { loss } })))

    expect(plain(store, runId)).toEqual({ loss: [[0, NaN], [1, -Infinity], [2, -0]] })
  })

  test('of one run do not show in another', () => {
    const { store, runId } = withRun()
    const other = store.runs.create(newRun()).id
    store.measurements.append(runId, [{ step: 1, values: { loss: 1 } }])
    store.measurements.append(other, [{ step: 1, values: { loss: 2 } }])

    store.measurements.truncate(other, 0)

    expect([plain(store, runId), plain(store, other)]).toEqual([{ loss: [[1, 1]] }, {}])
  })

  test('are read by id', () => {
    const { store, runId } = withRun()
    store.measurements.append(runId, [{ step: 0, values: { a: 1, b: 2, c: 3 } }])

    expect(store.measurements.series(runId, ['c', 'a', 'none']).map(({ id }) => id)).toEqual(['a', 'c'])
  })

  test('at the step of a checkpoint are its values, unless they are not finite', () => {
    const { store, runId } = withRun()
    const rows = Array.from({ length: 600 }, (_, step) => {
      return { step, values: { loss: step / 2, ratio: step === 400 ? NaN : 1 } }
    })
    store.measurements.append(runId, rows)

    const written = unwrap(store.checkpoints.write(runId, stateAt(400)))
    unwrap(store.checkpoints.write(runId, stateAt(10)))
    unwrap(store.checkpoints.write(runId, stateAt(900)))
    const listed = store.checkpoints.list(runId).map(({ step, values }) => [step, values])

    expect(written.values).toEqual({ loss: 200 })
    expect(listed).toEqual([[10, { loss: 5, ratio: 1 }], [400, { loss: 200 }], [900, {}]])
  })
})

describe('a spark', () => {
  test('of few values is the values', () => {
    expect([...sparkOf(Float64Array.of(1, NaN, 3)).data]).toEqual([1, 3])
  })

  test('of many has at most 60 values, in order, among them the ends and the extremes', () => {
    const rng = createRng(8)
    for (const length of [60, 61, 62, 100, 1000, 12_345]) {
      const values = Float64Array.from({ length }, () => Math.fround(rng.normal()))
      const spark = [...sparkOf(values).data]
      let from = 0
      const inOrder = spark.every((value) => (from = values.indexOf(value, from) + 1) > 0)

      expect(spark.length).toBeLessThanOrEqual(60)
      expect({
        inOrder,
        first: spark[0],
        last: spark.at(-1),
        low: Math.min(...spark),
        high: Math.max(...spark),
      }).toEqual({
        inOrder: true,
        first: values[0],
        last: values.at(-1),
        low: Math.min(...values),
        high: Math.max(...values),
      })
    }
  })

  test('of a run follows its measurements', () => {
    const { store, runId } = withRun()
    const sparks = (): unknown => {
      const { spark } = store.runs.find(runId)!
      return spark && [[...spark.train.data], [...spark.test.data]]
    }

    const before = sparks()
    store.measurements.append(runId, [{ step: 0, values: { 'accuracy.train': 0.5, 'accuracy.test': 0.25 } }])
    const one = sparks()
    store.measurements.append(runId, [{ step: 1, values: { 'accuracy.train': 1, 'accuracy.test': 0.5 } }])
    const two = sparks()

    expect([before, one, two]).toEqual([undefined, [[0.5], [0.25]], [[0.5, 1], [0.25, 0.5]]])
  })
})
