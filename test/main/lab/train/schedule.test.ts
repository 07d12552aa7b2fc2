import { describe, expect, test } from 'vitest'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { logSpaced, scheduleFields, scheduleOf, timetableOf } from '@main/lab/train/schedule'

const stepsWhere = (change: SettingValues, choose: 'isMeasured' | 'isCheckpointed', lastStep?: number): number[] => {
  const timetable = timetableOf(scheduleOf({ ...defaultsOf(scheduleFields), ...change }), lastStep)
  return Array.from({ length: timetable.lastStep + 1 }, (_, step) => step).filter((step) => timetable[choose](step))
}

describe('schedule', () => {
  test('even checkpoints fall on multiples, and on the first and last step', () => {
    expect(stepsWhere({ steps: 25, checkpointEvery: 10 }, 'isCheckpointed')).toEqual([0, 10, 20, 25])
  })

  test('a spacing of 0 keeps the first and the last', () => {
    expect(stepsWhere({ steps: 25, checkpointEvery: 0 }, 'isCheckpointed')).toEqual([0, 25])
  })

  test('log-spaced checkpoints grow by a constant factor', () => {
    const change = { steps: 1000, checkpointSpacing: 'log', checkpointCount: 4 }

    expect(stepsWhere(change, 'isCheckpointed')).toEqual([0, 1, 10, 100, 1000])
  })

  test('crowded log steps count once', () => {
    expect(logSpaced(4, 9)).toEqual([1, 2, 3, 4])
    expect(logSpaced(0, 5)).toEqual([])
    expect(logSpaced(9, 1)).toEqual([9])
  })

  test('every checkpoint is measured', () => {
    expect(stepsWhere({ steps: 12, measureEvery: 5, checkpointEvery: 4 }, 'isMeasured')).toEqual([0, 4, 5, 8, 10, 12])
  })

  test('another last step lengthens the run', () => {
    expect(stepsWhere({ steps: 10, checkpointEvery: 10 }, 'isCheckpointed', 25)).toEqual([0, 10, 20, 25])
  })
})
