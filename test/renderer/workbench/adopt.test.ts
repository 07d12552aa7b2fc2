import type { Client } from '@contract/index'
import { createFixtureClient } from '@renderer/client/fixture'
import { adoptFile, projectNameOf } from '@renderer/workbench/adopt'
import { describe, expect, test } from 'vitest'

const bytes = Uint8Array.from({ length: 2 ** 20 + 5 }, (_, i) => i % 251)

/** A client that keeps the pieces it is handed. */
function createTaker(): { client: Client; readonly pieces: { name: string; offset: number; totalBytes: number; bytes: Uint8Array }[] } {
  const pieces: { name: string; offset: number; totalBytes: number; bytes: Uint8Array }[] = []
  const client = createFixtureClient({
    projects: {
      adopt(piece) {
        pieces.push(piece)
        return {}
      },
    },
  })
  return { client, pieces }
}

describe('a dropped project', () => {
  test('travels in pieces of at most 1 MB that add up to the file', async () => {
    const { client, pieces } = createTaker()
    const shares: number[] = []
    await adoptFile(client, new File([bytes], 'mine.grokscope'), (share) => shares.push(share))

    expect(pieces.map((piece) => [piece.name, piece.offset, piece.bytes.length, piece.totalBytes])).toEqual([
      ['mine', 0, 2 ** 20, bytes.length],
      ['mine', 2 ** 20, 5, bytes.length],
    ])
    expect(pieces[1]!.bytes).toEqual(bytes.slice(2 ** 20))
    expect(shares.at(-1)).toBe(1)
  })

  test.each([
    ['picture.png', 'PROJECT_NOT_OURS'],
    ['empty.grokscope', 'PROJECT_DAMAGED'],
  ])('%s is refused with %s and nothing is sent', async (name, code) => {
    const { client, pieces } = createTaker()

    await expect(adoptFile(client, new File([], name), () => undefined)).rejects.toMatchObject({ code })
    expect(pieces).toEqual([])
  })

  test.each([
    ['runs.grokscope', 'runs'],
    ['Läufe (2).GROKSCOPE', 'L-ufe -2-'],
    ['.grokscope', undefined],
    ['notes.txt', undefined],
  ])('%s is called %s', (fileName, name) => {
    expect(projectNameOf(fileName)).toBe(name)
  })
})
