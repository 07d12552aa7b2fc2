import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createConsole } from '@main/host/headless/console'
import { report } from '@main/host/headless/report'
import { computeInProcess, createScratch, root } from '../../../fixtures/host'

const scratch = createScratch()
const surroundings = {
  console: createConsole('quiet', { out: process.stdout, err: process.stderr }),
  pdf: undefined,
  interrupted: new AbortController().signal,
  claims: undefined,
}
const stores = join(root, 'test/fixtures/stores')
const older = readdirSync(stores).filter((name) => name.endsWith('.grokscope')).sort().slice(0, -1)

test.each(older)('a project of an older version, %s, is reported on and left as it was', async (name) => {
  const file = join(scratch.folder, name)
  const out = join(scratch.folder, `${name}.md`)
  copyFileSync(join(stores, name), file)
  const before = readFileSync(file)
  const spawn = await computeInProcess()

  expect(await report({ command: 'report', file, out, format: 'markdown', output: 'quiet' } as Parameters<typeof report>[0], { ...surroundings, spawn })).toBe(0)
  expect(readFileSync(out, 'utf8')).toMatch(/^# /)
  expect(readFileSync(file)).toEqual(before)
})
