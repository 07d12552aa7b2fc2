import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readIdx } from '@main/lab/importers/components/idx'
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
