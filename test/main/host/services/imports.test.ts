import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import type { AppError, Failure } from '@main/base/result'
import { createTestHost, type TestHost } from '../../../fixtures/host'

let it: TestHost | undefined
afterEach(async () => {
  await it?.end()
  it = undefined
})

const failureOf = (promise: Promise<unknown>): Promise<Failure | undefined> =>
  promise.then(() => undefined, (thrown: AppError) => thrown.failure)

const folders = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('grokscope-import-'))

/** Hands over files in pieces. */
async function drop({ client }: TestHost, files: Readonly<Record<string, Uint8Array>>, pieceBytes = 2 ** 20): Promise<string> {
  const { importId } = await client.imports.begin({})
  for (const [path, bytes] of Object.entries(files)) {
    for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
      await client.imports.put({ importId, path, offset, totalBytes: bytes.length, bytes: bytes.slice(offset, offset + pieceBytes) })
    }
  }
  return importId
}

describe('files on their way in', { timeout: 30_000 }, () => {
  test('a gap between pieces, a name that is none and a file without its end are refused', async () => {
    it = await createTestHost()
    const { client } = it
    const { importId } = await client.imports.begin({})
    const bytes = new Uint8Array(10)
    const put = (path: string, offset: number): Promise<unknown> => client.imports.put({ importId, path, offset, totalBytes: 100, bytes })
    await put('a.pt', 0)

    expect(await failureOf(put('a.pt', 20))).toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('does not continue') })
    expect(await failureOf(put('../a.pt', 0))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
    expect(await failureOf(put('a/./b', 0))).toMatchObject({ code: 'ARGUMENTS_INVALID' })
    expect(await failureOf(client.imports.open({ importId }))).toMatchObject({ message: "'a.pt' has 10 of 100 bytes so far" })
  })

  test('are removed when the import is discarded, when too many are open, and when the program ends', async () => {
    const before = folders()
    it = await createTestHost()
    const first = await drop(it, { 'a.pt': new Uint8Array(10) })
    await it.client.imports.discard({ importId: first })
    const afterDiscard = folders().length - before.length
    for (let i = 0; i < 6; i++) await drop(it, { 'a.pt': new Uint8Array(10) })
    const many = folders().length - before.length
    await it.end()
    it = undefined

    expect([afterDiscard, many, folders().length - before.length]).toEqual([0, 4, 0])
    expect(existsSync(tmpdir())).toBe(true)
  })

  test('an import that was discarded is refused with what to do', async () => {
    it = await createTestHost()
    expect(await failureOf(it.client.imports.open({ importId: 'import-1' }))).toEqual({
      code: 'ACTION_UNAVAILABLE',
      message: "there is no open import 'import-1'; drop the files again",
    })
  })
})
