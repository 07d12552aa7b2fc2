import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { namedArray, type FloatArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { maskFile, packedMaskFile } from '@main/lab/exporters/mask-file'
import { readMask } from '@main/lab/importers/components/mask-file'
import type { ArraysByName } from '@main/lab/models/model'

/** A mask that keeps about this share of its entries. */
function maskOf(shape: readonly number[], share: number): FloatArray {
  const rng = createRng(5)
  const count = shape.reduce((product, length) => product * length, 1)
  return namedArray(shape.map((_, i) => `axis_${i}`), shape, Float32Array.from({ length: count }, () => (rng.uniform() < share ? 1 : 0)))
}

const masks: ArraysByName = {
  W_E: maskOf([67, 50], 0.4),
  rare: maskOf([300, 11], 0.01),
  dense: maskOf([41, 13], 0.995),
  none: maskOf([700], 0),
  all: maskOf([3, 3, 3], 1.1),
}

describe('a mask written to a file', () => {
  test.each([['as it is', maskFile], ['packed', packedMaskFile]] as const)('%s is read back entry by entry', (_form, write) => {
    expect(unwrap(readMask('m', write(masks, { name: 'ticket' })))).toEqual(masks)
  })

  test('packed takes a bit an entry, and less where one value is rare', () => {
    const half = packedMaskFile({ W: maskOf([500, 48], 0.5) }, {})
    const rare = packedMaskFile({ W: maskOf([500, 48], 0.01) }, {})
    const plain = maskFile({ W: maskOf([500, 48], 0.5) }, {})

    expect(plain.length).toBeGreaterThan(24_000)
    expect(half.length - 3000).toBeLessThan(300)
    expect(rare.length).toBeLessThan(700)
  })

  test('gaps of more than 127 entries are several digits', () => {
    const data = new Float32Array(40_000)
    for (const at of [0, 1, 129, 16_600, 39_999]) data[at] = 1
    const mask = { W: namedArray(['axis_0'], [40_000], data) }

    expect(unwrap(readMask('m', packedMaskFile(mask, {})))).toEqual(mask)
  })
})

describe('a file that is no mask is refused', () => {
  const packed = packedMaskFile({ W: maskOf([64], 0.5) }, {})
  /** The file with some text of its header replaced by another of equal length. */
  const with_ = (from: string, to: string): Uint8Array => {
    const bytes = packed.slice()
    const at = Buffer.from(bytes.buffer).indexOf(from)
    bytes.set(new TextEncoder().encode(to.padEnd(from.length)), at)
    return bytes
  }

  test.each([
    ['noise', Uint8Array.from({ length: 30 }, (_, i) => i * 7), 'header'],
    ['a cut file', packed.subarray(0, packed.length - 2), 'truncated'],
    ['other numbers', maskFile({}, {}), 'holds no array'],
    ['a shape that is not its bits', with_('[64]', '[99]'), '99 bits take 13'],
    ['a huge claim', with_('\\"shape\\":[64],\\"axes\\":[\\"axis_0\\"]', '\\"axes\\":[\\"a\\"],\\"shape\\":[1e10]'), 'at most 1073741824'],
    ['an unknown coding', with_('bits', 'bitz'), 'coded in a way that is not read'],
  ])('%s', (_name, bytes, message) => {
    expect(readMask('m', bytes)).toMatchObject({ ok: false, error: { code: 'IMPORT_REFUSED', message: expect.stringContaining(message) } })
  })
})

const python = process.env['GROKSCOPE_PYTHON'] ?? 'python3'
const hasNumpy = spawnSync(python, ['-c', 'import numpy'], { timeout: 60_000 }).status === 0

test.skipIf(!hasNumpy)('the reader that is shipped reads both forms in NumPy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-mask-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const kept = Object.entries(masks).map(([array, { shape, data }]) => ({
    array,
    shape,
    kept: [...data.keys()].filter((i) => data[i] === 1),
  }))

  for (const [name, bytes] of Object.entries({ plain: maskFile(masks, {}), packed: packedMaskFile(masks, { name: 'ticket' }) })) {
    writeFileSync(join(folder, name), bytes)
    const read = spawnSync(python, [join(import.meta.dirname, '../../../../resources/export/read_mask.py'), join(folder, name)])
    const lines = read.stdout.toString().trim().split('\n')
    expect(read.stderr.toString()).toBe('')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(kept)
  }
})
