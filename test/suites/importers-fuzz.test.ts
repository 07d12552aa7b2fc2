/**
 * Mutated files: whatever is done to a file, a reader answers with tensors or with one sentence.
 *
 * Bases are the corpus, and small files of others where they are there. Half of the zip archives have their checksums
 * taken out first (a checksum of 0 is none), so that mutations reach what lies behind them.
 */
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createRng, type Rng } from '@main/base/rng'
import { importers } from '@main/lab/importers'
import { sourceOf, type ByteSource } from '@main/lab/importers/importer'
import { openCheckpoint } from '@main/lab/importers/opening/open-checkpoint'
import { corpusFolder, corpusSource } from '../fixtures/corpus-files'
import { hasShared, sharedSource, sharedText } from '../fixtures/shared'

const inputsTotal = 12_000
const seed = 20_261_124
/** A reading takes a few milliseconds at most; what takes this long hangs, on however busy a machine. */
const longestMs = 10_000
/** Deflate's best, and the elements a repeated one may unfold to; see stored-tensor.ts. */
const valuesMax = (sizeBytes: number): number => Math.max(1 << 20, 1032 * sizeBytes)

/** Costly on purpose, and as hostile as it can be already. */
const leftOut = ['unfolding.pt']

const corpusBases = readdirSync(corpusFolder).filter((file) => !leftOut.includes(file)).sort().map(corpusSource)
const sharedBases = hasShared
  ? Object.keys(JSON.parse(sharedText('data/conformance/EXPECTED.json')) as object)
      .filter((file) => file !== 'note')
      .map((file) => sharedSource(`data/conformance/${file}`))
      .filter(({ sizeBytes }) => sizeBytes < 20_000)
  : []
const bases = [...corpusBases, ...sharedBases].map((source) => source.read(0, source.sizeBytes))

type Mutation = (bytes: Uint8Array, rng: Rng) => Uint8Array

const mutations: Readonly<Record<string, Mutation>> = {
  'bit flips': (bytes, rng) => {
    const changed = bytes.slice()
    for (let i = 0; i <= rng.below(8); i++) changed[rng.below(bytes.length)]! ^= 1 << rng.below(8)
    return changed
  },
  truncation: (bytes, rng) => bytes.slice(0, rng.below(bytes.length)),
  'length fields': (bytes, rng) => {
    const changed = bytes.slice()
    const view = new DataView(changed.buffer)
    for (let i = 0; i <= rng.below(3); i++) {
      const width = [1, 2, 4, 8][rng.below(4)]!
      if (bytes.length < width) continue
      const value = [0n, 1n, 0x7fn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n, BigInt(bytes.length)]
      const chosen = value[rng.below(value.length)]!
      const eight = new DataView(new ArrayBuffer(8))
      eight.setBigUint64(0, BigInt.asUintN(64, chosen), true)
      const at = rng.below(bytes.length - width + 1)
      for (let byte = 0; byte < width; byte++) view.setUint8(at + byte, eight.getUint8(byte))
    }
    return changed
  },
  splice: (bytes, rng) => {
    const other = bases[rng.below(bases.length)]!
    const start = rng.below(other.length)
    const piece = other.subarray(start, start + 1 + rng.below(Math.min(64, other.length - start)))
    return joined(bytes, rng.below(bytes.length), rng.below(2) * rng.below(32), piece)
  },
  deletion: (bytes, rng) => joined(bytes, rng.below(bytes.length), 1 + rng.below(16), new Uint8Array()),
  repetition: (bytes, rng) => {
    const start = rng.below(bytes.length)
    return joined(bytes, rng.below(bytes.length), 0, bytes.subarray(start, start + 1 + rng.below(200)))
  },
  'instructions': (bytes, rng) => {
    // Opcodes of pickles where a pickle may be.
    const codes = '().012NRQbcdehijlpqrstu]}a\x81\x85\x86\x87\x88\x89\x8a\x93\x94X'
    const changed = bytes.slice()
    for (let i = 0; i <= rng.below(4); i++) changed[rng.below(bytes.length)] = codes.charCodeAt(rng.below(codes.length))
    return changed
  },
}

function joined(bytes: Uint8Array, at: number, dropped: number, piece: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at + dropped)])
}

/** Entries of the directory of a zip archive with a checksum of 0; other bytes as they are. */
function withoutChecksums(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  for (let at = 0; at + 20 <= changed.length; at++) {
    if (changed[at] === 0x50 && changed[at + 1] === 0x4b && changed[at + 2] === 1 && changed[at + 3] === 2) changed.fill(0, at + 16, at + 20)
  }
  return changed
}

/** A source that refuses to be asked for what it does not have. */
function guarded(bytes: Uint8Array): ByteSource {
  return {
    ...sourceOf('model.bin', bytes),
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) throw new Error(`asked for ${length} bytes at ${offset} of ${bytes.length}`)
      return bytes.subarray(offset, offset + length)
    },
  }
}

interface Tally {
  read: number
  refused: number
  largestShare: number
  longestMs: number
}

function feed(bytes: Uint8Array, tally: Tally): void {
  const startedMs = performance.now()
  const opened = openCheckpoint([guarded(bytes)])
  if (opened.ok) {
    tally.read++
    for (const tensor of opened.value.checkpoint.tensors) {
      const values = tensor.read()
      if (values.ok) tally.largestShare = Math.max(tally.largestShare, values.value.length / valuesMax(bytes.length))
      else expect(values.error.message).toMatch(sentence)
    }
  } else {
    tally.refused++
    expect(opened.error.code).toBe('IMPORT_REFUSED')
    expect(opened.error.message).toMatch(sentence)
  }
  tally.longestMs = Math.max(tally.longestMs, performance.now() - startedMs)
}

/** One line that can be shown: printable, and not as long as the file. */
const sentence = /^[^\p{Cc}]{10,700}$/u

describe('mutated files', () => {
  const ran: string[] = []
  beforeAll(() => {
    const forbidden = (name: string) => (): never => {
      ran.push(name)
      throw new Error(`${name} was called`)
    }
    vi.stubGlobal('eval', forbidden('eval'))
    vi.stubGlobal('Function', forbidden('Function'))
  })
  afterAll(() => void vi.unstubAllGlobals())

  test.each(Object.keys(mutations))('%s: tensors or one sentence, no more memory than the file’s size allows, no hang', (name) => {
    const rng = createRng(seed).fork(name)
    const tally: Tally = { read: 0, refused: 0, largestShare: 0, longestMs: 0 }
    const count = Math.ceil(inputsTotal / Object.keys(mutations).length)
    const rssBefore = process.memoryUsage().rss

    for (let i = 0; i < count; i++) {
      const base = bases[i % bases.length]!
      const begun = rng.below(2) === 0 ? base : withoutChecksums(base)
      const once = mutations[name]!(begun, rng)
      feed(once.length > 0 && rng.below(4) === 0 ? mutations[name]!(once, rng) : once, tally)
    }

    expect(tally.read + tally.refused).toBe(count)
    expect(tally.read).toBeGreaterThan(0)
    expect(tally.refused).toBeGreaterThan(count / 10)
    expect(tally.largestShare).toBeLessThanOrEqual(1)
    expect(tally.longestMs).toBeLessThan(longestMs)
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(1 << 29)
    expect(ran).toEqual([])
    process.stdout.write(`${name}: ${count} inputs, ${tally.read} read, slowest ${tally.longestMs.toFixed(0)} ms\n`)
  })

  test('every importer recognizes no file by accident of emptiness', () => {
    for (const importer of importers) {
      for (let length = 0; length < 600; length += 7) expect(importer.recognize(guarded(new Uint8Array(length)))).toBe(false)
    }
  })
})
