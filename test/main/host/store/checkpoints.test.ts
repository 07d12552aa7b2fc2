import Database from 'better-sqlite3'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { unwrap } from '@main/base/result'
import { openStore } from '@main/host/store/database'
import type { TrainingState } from '@main/lab/train/training-state'
import { floats, newRun, newStore, scratchFolder, stateAt } from './samples'

/** Every bit of a state, so that NaN payloads and the sign of zero count. */
function bitsOf(state: TrainingState): unknown {
  const bits = (arrays: TrainingState['params']): unknown =>
    Object.entries(arrays).map(([name, { axes, shape, data }]) => [
      name,
      axes,
      shape,
      [...new Uint32Array(data.slice().buffer)],
    ])
  return { ...state, params: bits(state.params), buffers: bits(state.buffers), slots: bits(state.slots) }
}

function withBits(words: readonly number[]): ReturnType<typeof floats> {
  return { axes: ['d_mlp'], shape: [words.length], data: new Float32Array(Uint32Array.from(words).buffer) }
}

describe('a checkpoint', () => {
  test('loads bit for bit as it was written, NaN payloads, signed zeros, subnormals and empty arrays included', () => {
    const store = newStore()
    const { id } = store.runs.create(newRun())
    const state = stateAt(40, {
      params: { W_in: withBits([0x7fc00001, 0xffc12345, 0x80000000, 0x00000001, 0x7f800000]), b_in: floats([]) },
      buffers: { 'bn.mean': floats([]), scalar: { axes: [], shape: [], data: Float32Array.of(-0) } },
      slots: { 'm/W_in': floats([1e-45, -1e38]) },
    })

    unwrap(store.checkpoints.write(id, state))

    expect(bitsOf(unwrap(store.checkpoints.load(id, 40)))).toEqual(bitsOf(state))
  })

  test('of random names, shapes and bits loads as it was written', () => {
    const store = newStore()
    const { id } = store.runs.create(newRun())
    const rng = createRng(11)
    const arrays = (): TrainingState['params'] =>
      Object.fromEntries(
        Array.from({ length: rng.below(5) }, (_, i) => {
          const shape = [rng.below(4), 1 + rng.below(6)]
          const words = Uint32Array.from({ length: shape[0]! * shape[1]! }, () => rng.uint32())
          return [`W_${i}/${rng.below(9)} é`, { axes: ['d_mlp', 'd_vocab'], shape, data: new Float32Array(words.buffer) }]
        }),
      )

    for (let step = 0; step < 30; step++) {
      const state = stateAt(step, { params: arrays(), buffers: arrays(), slots: arrays(), rng: rng.state() })
      unwrap(store.checkpoints.write(id, state))
      expect(bitsOf(unwrap(store.checkpoints.load(id, step)))).toEqual(bitsOf(state))
    }
  })

  test('with one changed tensor costs that tensor alone', () => {
    const store = newStore()
    const { id } = store.runs.create(newRun())
    const first = stateAt(1)
    unwrap(store.checkpoints.write(id, first))
    const before = store.runs.find(id)!.sizeBytes

    unwrap(store.checkpoints.write(id, { ...first, step: 2, params: { ...first.params, W_out: floats([7, 8, 9]) } }))

    expect(store.runs.find(id)!.sizeBytes - before).toBe(3 * 4)
  })
})
