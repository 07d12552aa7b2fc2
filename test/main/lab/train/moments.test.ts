import { describe, expect, test } from 'vitest'
import { checkpointAt, momentStep, momentText } from '@main/lab/train/moments'

const steps = [0, 20, 40, 60, 80, 100]
const accuracies = {
  train: { steps, values: [0.1, 0.6, 0.95, 1, 1, 1] },
  test: { steps, values: [0.1, 0.1, 0.2, 0.475, 0.94, 0.96] },
}

describe('moments of a run', () => {
  test('are where accuracies first reach the threshold, or half of it', () => {
    const events = (['memorized', 'transition', 'generalized'] as const).map((event) => momentStep({ kind: 'event', event }, accuracies))

    expect(events).toEqual([40, 60, 100])
  })
  test('move with the threshold', () => {
    expect(momentStep({ kind: 'event', event: 'generalized' }, accuracies, 0.9)).toBe(80)
    expect(momentStep({ kind: 'event', event: 'generalized' }, accuracies, 0.99)).toBeUndefined()
  })
  test('as a share are of t_gen, and as a step are that step', () => {
    expect(momentStep({ kind: 'share', share: 0.25 }, accuracies)).toBe(25)
    expect(momentStep({ kind: 'share', share: 0.25 }, accuracies, 1)).toBeUndefined()
    expect(momentStep({ kind: 'step', step: 7 }, accuracies)).toBe(7)
  })
  test('are taken at the first checkpoint that is not before', () => {
    expect([0, 25, 60, 61].map((step) => checkpointAt(step, [0, 50, 60]))).toEqual([0, 50, 60, undefined])
  })
  test('have words', () => {
    expect(([{ kind: 'event', event: 'memorized' }, { kind: 'share', share: 0.8 }, { kind: 'step', step: 9 }] as const).map(momentText)).toEqual([
      'at t_mem',
      'at 80 % of t_gen',
      'at step 9',
    ])
  })
})
