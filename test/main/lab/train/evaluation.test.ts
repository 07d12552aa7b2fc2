import { expect, test } from 'vitest'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import mse from '@main/lab/losses/mse'
import { evaluate } from '@main/lab/train/evaluation'
import { onEachBackend } from '../../../fixtures/backends'
import { tinySetup } from '../../../fixtures/training'

onEachBackend(() => {
  const { dataset } = tinySetup()
  const lossOf = (logits: Tensor, labels: Tensor): Tensor => mse.measure({} as never, logits, labels)

  test('a network that answers a + b exactly is right on clean examples and sees through corrupted ones', () => {
    const exact = (tokens: Tensor): Tensor => tf.oneHot(tokens.sum(1).mod(7).cast('int32') as tf.Tensor1D, 7).cast('float32')
    const { splits, logitScale } = scoped(() => evaluate(dataset, { logitsOf: exact, lossOf }))
    const { trainClean, trainCorrupted, test: unseen, train } = splits
    const redrawnRight = [...dataset.splits.trainCorrupted].filter((i) => dataset.labels[i] === dataset.trueLabels[i]).length

    expect([trainClean.accuracy, unseen.accuracy, trainCorrupted.trueLabelShare]).toEqual([1, 1, 1])
    expect(trainCorrupted.accuracy).toBe(redrawnRight / trainCorrupted.count)
    expect([trainClean.loss, unseen.loss]).toEqual([0, 0])
    // Two of seven one-hot entries are off by one where the label was redrawn to another class.
    expect(trainCorrupted.loss).toBeCloseTo(((2 / 7) * (trainCorrupted.count - redrawnRight)) / trainCorrupted.count, 6)
    // One class of seven is 1, the others are 0.
    expect(logitScale).toBeCloseTo(Math.sqrt(1 / 7), 6)
    expect(train.count).toBe(trainClean.count + trainCorrupted.count)
    expect(train.accuracy).toBeCloseTo((trainClean.count + redrawnRight) / train.count, 12)
  })

  test('slices of any size give the same evaluation as one', () => {
    // A function of the pair that is right for some pairs only.
    const logitsOf = (tokens: Tensor): Tensor => tf.oneHot(tokens.max(1).cast('int32') as tf.Tensor1D, 7).cast('float32')
    const { splits: whole, logitScale } = evaluate(dataset, { logitsOf, lossOf })

    for (const sliceExamples of [1, 10, 48, 49, 50]) {
      const { splits: sliced, logitScale: scale } = evaluate(dataset, { logitsOf, lossOf, sliceExamples })
      expect(scale).toBeCloseTo(logitScale, 6)
      for (const split of ['train', 'trainClean', 'trainCorrupted', 'test'] as const) {
        expect({ ...sliced[split], loss: 0 }).toEqual({ ...whole[split], loss: 0 })
        expect(sliced[split].loss).toBeCloseTo(whole[split].loss, 6)
      }
    }
    expect(whole.test.accuracy).toBeGreaterThan(0)
    expect(whole.test.accuracy).toBeLessThan(1)
  })

  test('a split without examples has count 0 and zeros', () => {
    const whole = tinySetup({ task: { trainFraction: 1, corruptedShare: 0 } }).dataset
    const zeros = (tokens: Tensor): Tensor => tf.zeros([tokens.shape[0]!, 7])

    const { trainCorrupted, test: unseen } = evaluate(whole, { logitsOf: zeros, lossOf }).splits

    expect([trainCorrupted, unseen]).toEqual(Array(2).fill({ loss: 0, accuracy: 0, trueLabelShare: 0, count: 0 }))
  })
})
