import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { protocolVersion, type Finding, type Status } from '@contract/system'
import { createTestHost, type TestHost } from '../../../fixtures/host'

const finding: Finding = { subject: 'Chromium', state: 'missing', found: '', cost: 'no PDF', remedy: 'install it' }
let it: TestHost
beforeAll(async () => void (it = await createTestHost({ findings: () => Promise.resolve([finding]) })))
afterAll(() => it.end())

describe('the program about itself', () => {
  test('greets a window of its own protocol with what it can do', async () => {
    expect(await it.client.system.hello({ protocol: protocolVersion })).toEqual({
      version: '0.0.0-test',
      protocol: protocolVersion,
      shell: 'served',
      abilities: { dialogs: false, pdf: false },
      platform: process.platform,
    })
  })

  test('refuses a window of another protocol', async () => {
    await expect(it.client.system.hello({ protocol: 99 })).rejects.toMatchObject({ code: 'ACTION_UNAVAILABLE' })
  })

  test('passes on what is missing', async () => {
    expect(await it.client.system.doctor({})).toEqual([finding])
  })

  test('reports the backend once compute is ready', async () => {
    const controller = new AbortController()
    let ready: Status | undefined
    const following = it.client.system.status(
      {},
      (status) => {
        if (status.compute !== 'ready') return
        ready = status
        controller.abort()
      },
      { signal: controller.signal },
    )
    await following.catch(() => {})

    expect(ready).toMatchObject({ compute: 'ready', backend: { id: 'cpu' } })
    expect(ready!.memoryBytes.main).toBeGreaterThan(0)
  })
})

describe('help pages', () => {
  test('are listed with their titles and read by name', async () => {
    expect(await it.client.system.pages({})).toEqual([
      { name: 'errors/CANCELLED', title: 'The work was cancelled' },
      { name: 'glossary', title: 'Glossary' },
    ])
    expect(await it.client.system.page({ name: 'glossary' })).toEqual({ markdown: '# Glossary\n\nWords.\n' })
  })

  test('a missing page is refused with the ones there are', async () => {
    await expect(it.client.system.page({ name: 'nonsense' })).rejects.toMatchObject({
      message: "no help page 'nonsense'; pages are errors/CANCELLED, glossary",
    })
  })

  test.each(['../package', 'errors/../../package', '/etc/passwd', 'errors/CANCELLED.md'])('%s is no page name', async (name) => {
    await expect(it.client.system.page({ name })).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID' })
  })
})
