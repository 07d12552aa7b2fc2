/** Long runs hold no more at their end than near their start. `npm run bench -- memory` shows the same over 100,000 steps. */
import { describe, expect, test } from 'vitest'
import { loadAddon } from '@main/engine/backends/native/addon'
import { useBackend } from '../fixtures/backends'
import { holdingsOf } from '../fixtures/long-run'
import { tinySetup } from '../fixtures/training'

describe.skipIf(!loadAddon().ok)('the native backend over a long run', () => {
  useBackend('native')

  test.each([
    ['perceptron on all pairs', 12_000, { schedule: { steps: 100_000, measureEvery: 50, checkpointEvery: 1000 } }],
    [
      'perceptron with BatchNorm and dropout on minibatches',
      4_000,
      { model: { batchNorm: true, dropout: 0.1 }, schedule: { steps: 100_000, batchSize: 8, measureEvery: 50, checkpointEvery: 1000 } },
    ],
  ])('holds as many tensors, bytes and handles at its end as near its start: %s', async (_name, steps, change) => {
    const [early, ...later] = await holdingsOf(tinySetup(change), steps, steps / 8)
    const counted = ({ tensors, tensorBytes, handles }: typeof early & object) => ({ tensors, tensorBytes, handles })

    for (const one of later) {
      expect(counted(one)).toEqual(counted(early!))
      expect(one.freeBytes).toBeLessThanOrEqual(early!.freeBytes + 2 ** 16)
      // What the garbage collector has not come to yet varies.
      expect(one.arrayBytes).toBeLessThan(early!.arrayBytes + 2 ** 24)
    }
  })
})
