/** The projects that ship open as they are, and hold what a first look needs. */
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { projectFiles } from '@main/host/services/workspace'
import { openStore } from '@main/host/store/database'
import { createScratch, root } from '../../../fixtures/host'

const scratch = createScratch()
const folder = join(root, 'resources/samples')
const files = projectFiles(folder)

describe.each(files)('%s', (file) => {
  test('opens, with trained runs and checkpoints of each from untrained to the end', () => {
    const copy = join(scratch.folder, file)
    copyFileSync(join(folder, file), copy)
    const store = unwrap(openStore(copy))
    const runs = store.runs.list().map(({ id, state, step, lastStep }) => {
      const steps = store.checkpoints.list(id).map((checkpoint) => checkpoint.step)
      return { state, isWhole: step === lastStep && steps[0] === 0 && steps.at(-1) === lastStep, count: steps.length }
    })
    store.dispose()

    expect(runs.length).toBeGreaterThan(0)
    for (const { state, isWhole, count } of runs) {
      expect({ state, isWhole }).toEqual({ state: 'finished', isWhole: true })
      expect(count).toBeGreaterThanOrEqual(10)
    }
  })
})

test('the first of them is the one of the first start, and all are small', () => {
  expect(files[0]).toBe('corrupted-addition.grokscope')
  const megabytes = files.map((file) => statSync(join(folder, file)).size / 2 ** 20)
  expect(megabytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(18)
})
