import type { Client } from '@contract/index'
import { createFixtureClient } from '@renderer/client/fixture'
import { adoptFile, adoptImages, imageSetName, projectNameOf } from '@renderer/workbench/adopt'
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

describe('dropped images', () => {
  test.each([
    [['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'], 'train'],
    [['t10k-labels.idx1-ubyte', 't10k-images.idx3-ubyte'], 't10k'],
    [['a.idx', 'b.idx'], 'images'],
    [['images-idx3-ubyte'], 'images'],
  ])('%j make a set called %s', (names, wanted) => {
    expect(imageSetName(names)).toBe(wanted)
  })

  test('travel under one name until the set is made', async () => {
    const pieces: string[] = []
    const set = { id: 'train-1', name: 'train', count: 2, rows: 1, columns: 1, classes: 2, sizeBytes: 4, madeAtMs: 0 }
    const client = createFixtureClient({
      images: {
        adopt({ name, fileName, offset }) {
          pieces.push(`${name} ${fileName} ${offset}`)
          return pieces.length === 3 ? { set } : { waitsFor: 'labels' as const }
        },
      },
    })

    const files = [new File([bytes], 'train-images-idx3-ubyte'), new File([bytes.slice(0, 9)], 'train-labels-idx1-ubyte')]

    expect(await adoptImages(client, files)).toEqual(set)
    expect(pieces).toEqual(['train train-images-idx3-ubyte 0', 'train train-images-idx3-ubyte 1048576', 'train train-labels-idx1-ubyte 0'])
  })

  test('of which one file is missing say which', async () => {
    const client = createFixtureClient({ images: { adopt: () => ({ waitsFor: 'labels' as const }) } })

    await expect(adoptImages(client, [new File([bytes.slice(0, 9)], 'train-images-idx3-ubyte')])).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: 'the labels of train are missing; drop both IDX files, images and labels, together',
    })
  })
})
