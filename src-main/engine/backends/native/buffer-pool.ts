/**
 * Memory for outputs, used again as soon as its tensor is disposed.
 *
 * The first touch of fresh memory costs as much as a matrix product over it, so that a training step must not see any.
 * Blocks are kept in lists by size class and reused last in, first out, which finds them in cache. A block comes back
 * only through `release`; whoever hands an array of it to someone else must not release it, and it is then garbage
 * like any other array.
 */
import type { Addon } from './addon'

export type PooledArray = Float32Array | Int32Array | Uint8Array
type Kind = 'float32' | 'int32' | 'bool'

/** A stretch of memory that begins on a cache line, and the views on it, made when first asked for. */
export interface Block {
  readonly buffer: ArrayBuffer
  readonly offset: number
  readonly bytes: number
  view: PooledArray | undefined
}

const lineBytes = 64
/** Beyond this, blocks that nobody uses are left to the garbage collector, those of sizes not asked for longest first. */
const mostFreeBytes = 256 * 2 ** 20

/** Blocks of one size that nobody uses. */
interface Shelf {
  readonly blocks: Block[]
  /** When a block of this size was last asked for, in requests. */
  lastRequest: number
}

export interface BufferPool {
  acquire(kind: Kind, length: number): { block: Block; values: PooledArray }
  release(block: Block): void
  /** Bytes that nobody uses at present, kept for later. */
  freeBytes(): number
}

export function createBufferPool(addon: Pick<Addon, 'lineOffset'>): BufferPool {
  const shelves = new Map<number, Shelf>()
  let freeBytes = 0
  let requests = 0

  function create(bytes: number): Block {
    // Memory from JavaScript, never from the addon: Electron refuses arrays over foreign memory.
    const buffer = new ArrayBuffer(bytes + lineBytes)
    const offset = (lineBytes - addon.lineOffset(buffer)) % lineBytes
    return { buffer, offset, bytes, view: undefined }
  }

  function shelfOf(bytes: number): Shelf {
    const shelf = shelves.get(bytes) ?? { blocks: [], lastRequest: 0 }
    shelves.set(bytes, shelf)
    return shelf
  }

  /** Makes room for a block of that size; without it, blocks of a finished run would keep out those of the next. */
  function clear(bytes: number): void {
    while (freeBytes + bytes > mostFreeBytes) {
      let stalest: Shelf | undefined
      for (const shelf of shelves.values()) {
        if (shelf.blocks.length > 0 && (!stalest || shelf.lastRequest < stalest.lastRequest)) stalest = shelf
      }
      freeBytes -= stalest!.blocks.pop()!.bytes
    }
  }

  return {
    acquire(kind, length) {
      const bytes = sizeClass(kind === 'bool' ? length : length * 4)
      const shelf = shelfOf(bytes)
      shelf.lastRequest = ++requests
      const kept = shelf.blocks.pop()
      if (kept) freeBytes -= bytes
      const block = kept ?? create(bytes)
      const Kept = constructors[kind]
      if (!(block.view instanceof Kept && block.view.length === length)) {
        block.view = new Kept(block.buffer, block.offset, length)
      }
      return { block, values: block.view }
    },
    release(block) {
      if (block.bytes > mostFreeBytes) return
      clear(block.bytes)
      freeBytes += block.bytes
      shelfOf(block.bytes).blocks.push(block)
    },
    freeBytes: () => freeBytes,
  }
}

const constructors = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

/** The next size with three significant bits, in whole lines: at most an eighth is wasted, and classes stay few. */
function sizeClass(bytes: number): number {
  if (bytes <= 8 * lineBytes) return Math.max(1, Math.ceil(bytes / lineBytes)) * lineBytes
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3)
  return Math.ceil(bytes / step) * step
}
