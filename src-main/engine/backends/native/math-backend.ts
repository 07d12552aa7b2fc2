/**
 * A TensorFlow.js backend whose tensors live in pooled memory.
 *
 * It is the cpu backend with another way to keep values, so every kernel of the cpu backend runs on it unchanged:
 *
 *   1. A native kernel asks `output` for a tensor in pooled memory and reads its inputs by `valuesOf`.
 *   2. A cpu kernel reads `values` of what `data` holds. That hands an array to code that may keep it (a contiguous
 *      slice is a view of its input), so the block has escaped: it is never used again, and is collected as garbage.
 *   3. dataSync and data copy. What a reader holds is the reader's, whatever happens to the tensor.
 *   4. Tensors are never changed in place.
 *
 * A block is used again only when its tensor was disposed and nobody else ever had its array. That is the whole rule.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import type { tf } from '../../tf'
import type { Addon } from './addon'
import { createBufferPool, type Block, type BufferPool, type PooledArray } from './buffer-pool'

type DataId = tf.TensorInfo['dataId']
export type OutputType = 'float32' | 'int32' | 'bool'

/** What the cpu backend expects to find about a tensor, with values that know whether they are still private. */
class PooledValues {
  refCount = 1
  hasEscaped = false

  constructor(
    readonly dtype: OutputType,
    /** For native kernels, which keep nothing. */
    readonly array: PooledArray,
    readonly block: Block,
  ) {}

  get values(): PooledArray {
    this.hasEscaped = true
    return this.array
  }
}

export class NativeBackend extends MathBackendCPU {
  readonly addon: Addon
  readonly #pool: BufferPool

  constructor(addon: Addon) {
    super()
    this.addon = addon
    this.#pool = createBufferPool(addon)
    // The cpu backend recommends tfjs-node at its first tensor; this backend exists because of it.
    Object.assign(this, { firstUse: false })
  }

  /** A tensor in pooled memory, its values undefined until a kernel has written them. */
  output<T extends PooledArray>(shape: readonly number[], dtype: OutputType): { info: tf.TensorInfo; values: T } {
    const { block, values } = this.#pool.acquire(dtype, sizeOf(shape))
    const dataId = {}
    this.data.set(dataId, new PooledValues(dtype, values, block))
    return { info: { dataId, shape: [...shape], dtype }, values: values as T } // T is what the dtype is kept in
  }

  /** The values for a native kernel, which only reads them and keeps nothing. */
  valuesOf(info: tf.TensorInfo): unknown {
    const held = this.data.get(info.dataId)
    return held instanceof PooledValues ? held.array : held.values
  }

  override readSync(dataId: DataId): ReturnType<MathBackendCPU['readSync']> {
    const held = this.data.get(dataId)
    if (held instanceof PooledValues) return held.array.slice()
    return super.readSync(dataId)
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const held = this.data.has(dataId) ? this.data.get(dataId) : undefined
    const isGone = super.disposeData(dataId, force)
    if (isGone && held instanceof PooledValues && !held.hasEscaped) this.#pool.release(held.block)
    return isGone
  }

  /** Bytes kept for later outputs. */
  freeBytes(): number {
    return this.#pool.freeBytes()
  }
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const dim of shape) size *= dim
  return size
}
