import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sample } from '@main/host/headless/sample'
import { createConsole } from '@main/host/headless/console'
import { createScratch } from '../../../fixtures/host'

const scratch = createScratch()
const surroundings = {
  console: createConsole('quiet', { out: process.stdout, err: process.stderr }),
  pdf: undefined,
  interrupted: new AbortController().signal,
  claims: undefined,
}

test('a project that is none of the samples is refused, and nothing is written', async () => {
  const path = join(scratch.folder, 'other.grokscope')

  await expect(sample(path, surroundings)).rejects.toThrow(
    "'other.grokscope' is no sample; expected one of corrupted-addition.grokscope, induction.grokscope, modular-addition.grokscope",
  )
  expect(existsSync(path)).toBe(false)
})
test('a sample that exists already is left alone', async () => {
  const path = join(scratch.folder, 'induction.grokscope')
  writeFileSync(path, 'kept')

  await expect(sample(path, surroundings)).rejects.toThrow('exists; remove it first')
})
