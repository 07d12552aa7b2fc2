import { describe, expect, test } from 'vitest'
import { createBatches, type Batches } from '@main/lab/train/batches'
import { initialState } from '@main/lab/train/loop'
import { onEachBackend, valuesOf } from '../../../fixtures/backends'
import { tinySetup } from '../../../fixtures/training'

const setup = tinySetup()
const { dataset } = setup
const { cursor } = initialState(setup)
const count = dataset.train.length

/** The examples of the next batches, by the number a · 7 + b that their tokens spell. */
function examplesOf(batches: Batches, batchCount: number): number[][] {
  return Array.from({ length: batchCount }, () => {
    const tokens = valuesOf(batches.current().tokens)
    const labels = valuesOf(batches.current().labels)
    const examples = labels.map((_, i) => 7 * tokens[2 * i]! + tokens[2 * i + 1]!)
    expect(labels).toEqual(examples.map((example) => dataset.labels[example]))
    batches.advance()
    return examples
  })
}

const within = (size: number, start: typeof cursor, use: (batches: Batches) => void): void => {
  const batches = createBatches(dataset, size, start)
  use(batches)
  batches.dispose()
}

onEachBackend(() => {
  describe('batches', () => {
    test('the full batch is the training list in its order, every time', () => {
      within(0, cursor, (batches) => {
        expect(examplesOf(batches, 2)).toEqual([[...dataset.train], [...dataset.train]])
        expect(batches.cursor()).toEqual({ ...cursor, epoch: 2 })
      })
    })

    test('a pass of minibatches sees every training example once, the last batch being what is left', () => {
      within(8, cursor, (batches) => {
        const pass = examplesOf(batches, Math.ceil(count / 8))

        expect(pass.map(({ length }) => length)).toEqual([8, 8, 8, count - 24])
        expect(pass.flat().sort((x, y) => x - y)).toEqual([...dataset.train].sort((x, y) => x - y))
        expect(batches.cursor()).toMatchObject({ epoch: 1, offset: 0 })
      })
    })

    test('the next pass has another order', () => {
      within(8, cursor, (batches) => {
        const [first, second] = [examplesOf(batches, 4), examplesOf(batches, 4)]

        expect(second).not.toEqual(first)
        expect(second.flat().sort()).toEqual(first.flat().sort())
      })
    })

    test('going on from any cursor gives the batches that would have followed', () => {
      within(8, cursor, (batches) => {
        const cursors = Array.from({ length: 6 }, () => {
          const here = batches.cursor()
          batches.advance()
          return here
        })
        const following = examplesOf(batches, 2)
        cursors.forEach((here, i) => {
          within(8, here, (resumed) => expect(examplesOf(resumed, 8 - i).slice(-2)).toEqual(following))
        })
      })
    })
  })
})
