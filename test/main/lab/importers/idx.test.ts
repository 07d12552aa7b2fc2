import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { readIdx } from '@main/lab/importers/components/idx'
import { imageSetOf } from '@main/lab/tasks/components/image-set'
import { idxFile } from '../../../fixtures/digits'

const images = idxFile([2, 3, 4], Uint8Array.from({ length: 24 }, (_, i) => 10 * i))

describe('an IDX file', () => {
  test.each([['plain', images], ['gzipped', Uint8Array.from(gzipSync(images))]])('%s is read with its shape and bytes', (_form, bytes) => {
    expect(readIdx('x', bytes)).toEqual({ ok: true, value: { shape: [2, 3, 4], data: images.slice(16) } })
  })

  test('of labels has one axis', () => {
    expect(readIdx('x', idxFile([3], Uint8Array.of(7, 0, 9)))).toEqual({ ok: true, value: { shape: [3], data: Uint8Array.of(7, 0, 9) } })
  })

  const changed = (at: number, to: number): Uint8Array => images.map((byte, i) => (i === at ? to : byte))
  /** A gzipped file whose header admits to fewer bytes than it unpacks to. */
  const bomb = Uint8Array.from(gzipSync(Buffer.concat([idxFile([2, 3, 4], new Uint8Array(24)), Buffer.alloc(5_000_000)])))

  test.each([
    ['nothing', new Uint8Array(0), 'does not begin as an IDX file does'],
    ['another kind of file', Uint8Array.from(Buffer.from('PK\u0003\u0004 zip')), 'does not begin as an IDX file does'],
    ['floats', changed(2, 0x0d), "holds elements of type 13; unsigned bytes, type 8, are read"],
    ['no axes', changed(3, 0), 'has 0 axes'],
    ['axes that are not there', changed(3, 4).slice(0, 12), 'has 4 axes in 12 bytes'],
    ['a huge claim', changed(4, 0xff), 'claims 51338281000 bytes; at most'],
    ['too few bytes', images.slice(0, -1), "has 39 bytes; [2, 3, 4] takes 40"],
    ['too many bytes', Uint8Array.of(...images, 0), "has 41 bytes; [2, 3, 4] takes 40"],
    ['a cut gzip', Uint8Array.from(gzipSync(images)).slice(0, 30), 'cannot be unpacked'],
    ['a gzip that unpacks to more than its header admits', bomb, 'it unpacks to more than the 40 bytes its header admits'],
  ])('of %s is refused', (_name, bytes, message) => {
    expect(readIdx('x', bytes)).toMatchObject({ ok: false, error: { code: 'IMPORT_REFUSED', message: expect.stringContaining(message) } })
  })
})

/** Where Debian's dataset-fashion-mnist puts its files. */
const fashion = process.env['GROKSCOPE_FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist'

test.skipIf(!existsSync(fashion)).each([['train', 60_000], ['t10k', 10_000]])('the %s files of Fashion-MNIST are a set of %i images, as many of each class', (part, count) => {
  const read = (name: string) => unwrap(readIdx(name, Uint8Array.from(readFileSync(join(fashion, `${part}-${name}-ubyte.gz`)))))

  const set = unwrap(imageSetOf(read('images-idx3'), read('labels-idx1')))

  const counts = Array.from({ length: 10 }, (_, label) => set.labels.reduce((sum, one) => sum + Number(one === label), 0))
  expect([set.rows, set.columns, set.classes, set.images.length]).toEqual([28, 28, 10, count * 784])
  expect(counts).toEqual(Array(10).fill(count / 10))
})
