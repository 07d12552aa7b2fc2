import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppError } from '@main/base/result'
import { unwrap } from '@main/base/result'
import { createStore } from '@main/host/store/database'
import { createScratch, createTestHost, ended, root, tinyRun, type TestHost } from '../../../fixtures/host'

let it: TestHost | undefined
const scratch = createScratch()
afterEach(async () => {
  await it?.end()
  it = undefined
})

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'nothing was refused', (thrown: AppError) => thrown.code)

/** A project file with one run, as it lies closed on a disk. */
function projectBytes(): Uint8Array {
  const path = join(scratch.folder, `made-${performance.now()}.grokscope`)
  const store = unwrap(createStore(path))
  store.runs.create({ name: 'inside', spec: tinyRun(), lastStep: 60, madeWith: 'cpu' })
  store.dispose()
  return new Uint8Array(readFileSync(path))
}

async function adopt(host: TestHost, name: string, file: Uint8Array, pieceBytes = 4096): Promise<unknown> {
  let answer: unknown
  for (let offset = 0; offset < file.length; offset += pieceBytes) {
    const bytes = file.slice(offset, offset + pieceBytes)
    answer = await host.client.projects.adopt({ name, offset, totalBytes: file.length, bytes })
  }
  return answer
}

describe('the first start', () => {
  test('opens an empty project where no sample is bundled', async () => {
    it = await createTestHost()
    expect(await it.client.projects.current({})).toMatchObject({ name: 'project', folder: it.folder, isReadOnly: false })
  })

  test('opens a copy of the bundled sample and leaves the original alone', async () => {
    const resources = join(scratch.folder, 'with-sample')
    mkdirSync(join(resources, 'samples'), { recursive: true })
    copyFileSync(join(root, 'test/fixtures/resources/package.json'), join(resources, 'package.json'))
    const bytes = projectBytes()
    writeFileSync(join(resources, 'samples', 'first steps.grokscope'), bytes)

    it = await createTestHost({ resources })

    expect(await it.client.projects.list({})).toMatchObject([{ name: 'first steps', isSample: true, isOpen: true }])
    expect(await it.client.runs.list({})).toMatchObject([{ name: 'inside' }])
    expect(new Uint8Array(readFileSync(join(resources, 'samples', 'first steps.grokscope')))).toEqual(bytes)
  })

  test('lists an open project of another folder first, once', async () => {
    it = await createTestHost()
    const path = join(scratch.folder, 'elsewhere.grokscope')
    writeFileSync(path, projectBytes())
    await it.host.openProject(path)

    expect(await it.client.projects.list({})).toMatchObject([{ name: 'elsewhere', isOpen: true }, { name: 'project', isOpen: false }])
    expect(await it.client.runs.list({})).toMatchObject([{ name: 'inside' }])
  })

  test('lists the other samples, and opening one copies it', async () => {
    const resources = join(scratch.folder, 'with-samples')
    mkdirSync(join(resources, 'samples'), { recursive: true })
    copyFileSync(join(root, 'test/fixtures/resources/package.json'), join(resources, 'package.json'))
    for (const name of ['second', 'first']) writeFileSync(join(resources, 'samples', `${name}.grokscope`), projectBytes())
    it = await createTestHost({ resources })
    const { client, folder } = it

    const before = await client.projects.list({})
    await client.projects.open({ name: 'second' })
    const after = await client.projects.list({})

    expect(before.map(({ name, isSample, isOpen }) => [name, isSample, isOpen])).toEqual([['first', true, true], ['second', true, false]])
    expect(after.find(({ name }) => name === 'second')).toMatchObject({ isSample: true, isOpen: true })
    expect(readdirSync(folder)).toContain('second.grokscope')
  })
})

describe('projects of the workspace', { timeout: 30_000 }, () => {
  test('are created, listed, switched, and never replaced', async () => {
    it = await createTestHost()
    const { client } = it
    await client.projects.create({ name: 'second' })

    const refusal = await codeOf(client.projects.create({ name: 'second' }))
    await client.projects.open({ name: 'project' })

    expect(refusal).toBe('ACTION_UNAVAILABLE')
    const cards = await client.projects.list({})
    expect(cards.map(({ name, isOpen }) => [name, isOpen]).sort()).toEqual([['project', true], ['second', false]])
  })

  test('a name that leaves the folder is refused', async () => {
    it = await createTestHost()
    expect(await codeOf(it.client.projects.open({ name: '../elsewhere' }))).toBe('ARGUMENTS_INVALID')
  })

  test('switching during a training leaves the run interrupted with a checkpoint, and the next project untouched', async () => {
    it = await createTestHost()
    const { client } = it
    const { runId } = await client.runs.start({ name: 'long', spec: tinyRun({ steps: 100_000, checkpointEvery: 0 }) })
    while ((await client.runs.checkpoints({ runId })).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))

    await client.projects.create({ name: 'other' })
    const elsewhere = await client.runs.list({})
    await client.projects.open({ name: 'project' })

    const [run] = await client.runs.list({})
    expect(elsewhere).toEqual([])
    expect(run).toMatchObject({ id: runId, state: 'interrupted', checkpointCount: 2 })
    expect(run!.step).toBeGreaterThan(0)
  })

  test('followers hear which project is open', async () => {
    it = await createTestHost()
    const { client } = it
    const heard: string[] = []
    const controller = new AbortController()
    const following = client.projects
      .follow({}, ({ name }) => void heard.push(name), { signal: controller.signal })
      .catch(() => {})

    await client.projects.create({ name: 'second' })
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    await following

    expect(heard).toEqual(['project', 'second'])
  })

  test('the open dialog is refused where the shell has none', async () => {
    it = await createTestHost()
    expect(await codeOf(it.client.projects.choose({}))).toBe('ACTION_UNAVAILABLE')
  })
})

describe('a dropped file', () => {
  test('arrives in pieces, is opened, and leaves nothing else behind', async () => {
    it = await createTestHost()

    const answer = await adopt(it, 'dropped', projectBytes())

    expect(answer).toMatchObject({ project: { name: 'dropped' } })
    expect(await it.client.runs.list({})).toMatchObject([{ name: 'inside' }])
    expect(readdirSync(it.folder).filter((name) => name.includes('.part'))).toEqual([])
  })

  test('that is no project is refused and leaves nothing behind', async () => {
    it = await createTestHost()

    const code = await codeOf(adopt(it, 'dropped', new Uint8Array(10_000).fill(65)))

    expect(code).toBe('PROJECT_NOT_OURS')
    expect(existsSync(join(it.folder, 'dropped.grokscope'))).toBe(false)
    expect(readdirSync(it.folder).filter((name) => name.includes('.part'))).toEqual([])
  })

  test('that was cut off is refused', async () => {
    it = await createTestHost()
    const bytes = projectBytes()
    expect(await codeOf(adopt(it, 'dropped', bytes.slice(0, bytes.length / 2)))).toBe('PROJECT_DAMAGED')
  })

  test('never replaces a project of the same name', async () => {
    it = await createTestHost()
    expect(await codeOf(adopt(it, 'project', projectBytes()))).toBe('ACTION_UNAVAILABLE')
  })

  test('is refused when a piece does not continue the one before', async () => {
    it = await createTestHost()
    const bytes = new Uint8Array(10)
    await it.client.projects.adopt({ name: 'gap', offset: 0, totalBytes: 100, bytes })

    expect(await codeOf(it.client.projects.adopt({ name: 'gap', offset: 20, totalBytes: 100, bytes }))).toBe('ARGUMENTS_INVALID')
  })
})

describe('one writer at a time', { timeout: 30_000 }, () => {
  test('a project that another host has open is refused', async () => {
    it = await createTestHost()
    const second = await createTestHost()

    const code = await codeOf(second.host.openProject(join(it.folder, 'project.grokscope')))

    await second.end()
    expect(code).toBe('PROJECT_IN_USE')
  })

  test('a finished training is there when the project is opened again', async () => {
    it = await createTestHost()
    const { client } = it
    const { runId, jobId } = await client.runs.start({ name: 'kept', spec: tinyRun() })
    await ended(client, jobId)
    const before = it.host.store().checkpoints.load(runId, 60)
    await client.projects.create({ name: 'other' })
    await client.projects.open({ name: 'project' })

    expect(it.host.store().checkpoints.load(runId, 60)).toEqual(before)
  })
})
