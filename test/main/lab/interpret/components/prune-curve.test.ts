import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { pruneCurve, pruneSteps } from '@main/lab/interpret/components/prune-curve'
import { accuracyNames, createPruner } from '@main/lab/interpret/pruning'
import { additionPairs, networkOf, randomArrays } from '../cosine-network'

const p = 7
const width = 20
const pruner = createPruner(networkOf(p, randomArrays(p, width, createRng(6))), additionPairs(p))
const order = createRng(2).permutation(width)

describe('the curve', () => {
  test('holds at k the accuracies with the first k neurons removed', async () => {
    const result = await pruneCurve(pruner, order)

    expect(result.ok && result.value.done).toBe(width)
    for (let k = 0; k <= width; k++) {
      const direct = pruner.fork()
      direct.become(order.subarray(0, k))
      const accuracies = direct.accuracies()
      for (const name of accuracyNames) expect(result.ok && result.value[name].data[k]).toBe(Math.fround(accuracies[name]))
    }
  })
  test('ends at the same accuracies for every order', async () => {
    const ends = await Promise.all(
      [order, order.toReversed(), Int32Array.from(order).sort()].map(async (each) => {
        const result = await pruneCurve(pruner, each)
        return result.ok && accuracyNames.map((name) => result.value[name].data[width])
      }),
    )

    expect(ends[1]).toEqual(ends[0])
    expect(ends[2]).toEqual(ends[0])
  })
  test('leaves the pruner as it was', async () => {
    pruner.become([4])
    const before = pruner.accuracies()
    await pruneCurve(pruner, order)

    expect([pruner.removedCount, pruner.accuracies()]).toEqual([1, before])
    pruner.become([])
  })
  test('is NaN beyond what is done', () => {
    const steps = pruneSteps(pruner, order)
    steps.next()
    const second = steps.next().value

    expect([second.done, second.total]).toEqual([1, width])
    expect([...second.test.data].map(Number.isNaN)).toEqual(Array.from({ length: width + 1 }, (_, k) => k > 1))
  })
})

describe('driving it', () => {
  test('progress comes in copies that grow to the whole', async () => {
    const seen: { done: number; known: number }[] = []
    await pruneCurve(pruner, order, {
      sliceMs: 0,
      onProgress: ({ done, test: { data } }) => seen.push({ done, known: data.filter((value) => !Number.isNaN(value)).length }),
    })

    expect(seen.at(-1)).toEqual({ done: width, known: width + 1 })
    expect(seen.every(({ done, known }) => known === done + 1)).toBe(true)
    expect(seen.length).toBeGreaterThan(2)
  })
  test('other work gets its turn in between, and cancelling stops it', async () => {
    const controller = new AbortController()
    const running = pruneCurve(pruner, order, { sliceMs: 0, signal: controller.signal })
    setImmediate(() => controller.abort())

    const result = await running
    expect(result.ok ? undefined : result.error.code).toBe('CANCELLED')
  })
  test('a hand-picked order ends after its neurons', async () => {
    const result = await pruneCurve(pruner, Int32Array.of(3, 1))

    expect(result.ok && result.value.test.data.length).toBe(3)
  })
})
