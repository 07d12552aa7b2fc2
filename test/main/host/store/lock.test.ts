import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { unwrap } from '@main/base/result'
import { openStore } from '@main/host/store/database'
import { newRun, newStore, scratchFolder } from './samples'
import { askSecond, startSecond } from './second'

// Other processes start as fast as the machine lets them.
vi.setConfig({ testTimeout: 60_000 })

function closedProject(): { readonly folder: string; readonly path: string } {
  const folder = scratchFolder()
  const path = join(folder, 'one.grokscope')
  const store = newStore(path)
  store.runs.create(newRun())
  store.dispose()
  return { folder, path }
}

function codeOf(path: string): string {
  const opened = openStore(path)
  if (!opened.ok) return opened.error.code
  opened.value.dispose()
  return 'opened'
}

describe('a project open for writing', () => {
  test('is in use for the same process', () => {
    const store = newStore(join(scratchFolder(), 'one.grokscope'))

    expect(codeOf(store.path)).toBe('PROJECT_IN_USE')
  })

  test('is in use for another process, and free once its process is killed', async () => {
    const { path, folder } = closedProject()
    const second = startSecond('hold', path)
    await second.said()

    const during = [codeOf(path), ...readdirSync(folder)]
    await second.kill()
    const after = [codeOf(path), ...readdirSync(folder)]

    const beside = ['-lock', '-shm', '-wal'].map((suffix) => `one.grokscope${suffix}`)
    expect({ during, after }).toEqual({
      during: ['PROJECT_IN_USE', 'one.grokscope', ...beside],
      after: ['opened', 'one.grokscope'],
    })
  })

  test('is in use under every name of its file', () => {
    const { folder, path } = closedProject()
    const link = join(folder, 'link.grokscope')
    symlinkSync(path, link)
    const store = unwrap(openStore(link))

    const answers = [codeOf(path), codeOf(link)]
    store.dispose()

    expect(answers).toEqual(['PROJECT_IN_USE', 'PROJECT_IN_USE'])
  })

  test('stays open to readers, who see what was committed', () => {
    const { path } = closedProject()
    const writer = unwrap(openStore(path))
    const reader = unwrap(openStore(path, { isReadOnly: true }))

    const run = writer.runs.create(newRun({ name: 'while reading' }))
    const seen = reader.runs.list().map(({ name }) => name)
    reader.dispose()
    const afterReader = codeOf(path)
    writer.runs.change(run.id, { name: 'after reading' })
    writer.dispose()

    expect({ seen, afterReader }).toEqual({ seen: ['seven', 'while reading'], afterReader: 'PROJECT_IN_USE' })
  })

  test('stays locked after other processes were refused', () => {
    const { path } = closedProject()
    const writer = unwrap(openStore(path))

    const answers = [askSecond('try', path), codeOf(path), codeOf(path)]
    writer.dispose()

    expect(answers).toEqual(['PROJECT_IN_USE', 'PROJECT_IN_USE', 'PROJECT_IN_USE'])
  })
})

test('three processes that open, change and close one project in turn lose no change', async () => {
  const { path } = closedProject()
  const others = [1, 2, 3].map(() => startSecond('count', path, '15'))

  const said = await Promise.all(others.map((other) => other.said()))
  const store = unwrap(openStore(path))
  const count = store.sessions.load()
  store.dispose()

  expect({ said, count }).toEqual({ said: ['counted', 'counted', 'counted'], count: '45' })
})

test('a process killed while it writes leaves everything it had committed', async () => {
  const { path } = closedProject()

  for (let round = 0; round < 2; round++) {
    const second = startSecond('write', path)
    let last = { id: '', step: 0 }
    for (let i = 0; i < 5 + 7 * round; i++) last = (await second.said()) as typeof last
    await second.kill()

    const store = unwrap(openStore(path))
    const steps = store.checkpoints.list(last.id).map(({ step }) => step)
    const loads = steps.map((step) => store.checkpoints.load(last.id, step))
    const first = loads.map((load) => load.ok && load.value.params['W_in']!.data[0])
    const measured = store.measurements.series(last.id)[0]!.steps.data.length
    const { state } = store.runs.find(last.id)!
    store.dispose()

    expect(steps.length).toBeGreaterThanOrEqual(last.step)
    expect(first).toEqual(steps)
    expect(measured - steps.length).toBeOneOf([0, 1])
    expect(state).toBe('interrupted')
  }
})
