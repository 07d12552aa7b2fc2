import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { unwrap } from '@main/base/result'
import type { TrainingState } from '@main/lab/train/training-state'
import { floats, newRun, newStore, stateAt } from './samples'

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
          const data = new Float32Array(words.buffer)
          return [`W_${i}/${rng.below(9)} é`, { axes: ['d_mlp', 'd_vocab'], shape, data }]
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

function withRun(): { readonly store: ReturnType<typeof newStore>; readonly runId: string } {
  const store = newStore()
  return { store, runId: store.runs.create(newRun()).id }
}

describe('the hash of a checkpoint', () => {
  test('is that of its parameters: names and content count, their order, buffers, slots and step do not', () => {
    const { store, runId } = withRun()
    const W_in = floats([1, 2])
    const W_out = floats([3, 4])
    const hashes = [
      stateAt(1, { params: { W_in, W_out } }),
      stateAt(2, { params: { W_out, W_in }, buffers: { mean: floats([1]) }, slots: {} }),
      stateAt(3, { params: { W_in: W_out, W_out: W_in } }),
      stateAt(4, { params: { W_in, W_out: floats([3, 5]) } }),
      stateAt(5, { params: { W_in, W_out: floats([3, 4], ['d_mlp', 'freq']) } }),
    ].map((state) => unwrap(store.checkpoints.write(runId, state)).hash)

    expect(hashes[1]).toBe(hashes[0])
    expect(new Set(hashes).size).toBe(4)
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('checkpoints', () => {
  test('are listed in order of step, and one at the same step replaces the other', () => {
    const { store, runId } = withRun()
    for (const step of [30, 10, 20]) unwrap(store.checkpoints.write(runId, stateAt(step)))
    const replacement = stateAt(20, { params: { W_in: floats([5]) }, slots: {} })

    unwrap(store.checkpoints.write(runId, replacement))

    expect(store.checkpoints.list(runId).map(({ step, sizeBytes }) => [step, sizeBytes])).toEqual([
      [10, 56],
      [20, 4],
      [30, 56],
    ])
    expect(unwrap(store.checkpoints.load(runId, 20))).toEqual(replacement)
    expect(store.runs.find(runId)!.checkpointCount).toBe(3)
  })

  test('of two runs with the same weights are stored once', () => {
    const { store, runId } = withRun()
    const data = Float32Array.from({ length: 100_000 }, (_, i) => i)
    const state = stateAt(1, { params: { W_in: { axes: ['d_mlp'], shape: [100_000], data } } })
    const other = store.runs.create(newRun()).id
    unwrap(store.checkpoints.write(runId, state))
    const before = store.sizeBytes()

    unwrap(store.checkpoints.write(other, state))

    expect(store.sizeBytes() - before).toBeLessThan(20_000)
  })

  test('without optimizer state are kept for looking and not resumed from', () => {
    const { store, runId } = withRun()
    unwrap(store.checkpoints.write(runId, stateAt(10)))
    const { hasOptimizerState } = unwrap(store.checkpoints.write(runId, stateAt(20), { keepOptimizerState: false }))

    expect(hasOptimizerState).toBe(false)
    expect(unwrap(store.checkpoints.load(runId, 20)).slots).toEqual({})
    expect(store.checkpoints.lastResumable(runId)).toEqual(stateAt(10))
  })

  test('of an optimizer that has no slots are resumed from', () => {
    const { store, runId } = withRun()
    const state = stateAt(10, { slots: {} })
    unwrap(store.checkpoints.write(runId, state))

    expect(store.checkpoints.lastResumable(runId)).toEqual(state)
  })

  test('forget their optimizer state but for the newest that has one', () => {
    const { store, runId } = withRun()
    for (const step of [10, 20]) unwrap(store.checkpoints.write(runId, stateAt(step)))
    unwrap(store.checkpoints.write(runId, stateAt(30), { keepOptimizerState: false }))

    store.checkpoints.forgetOptimizerState(runId)
    const listed = store.checkpoints.list(runId).map((each) => [each.step, each.hasOptimizerState, each.sizeBytes])

    expect(listed).toEqual([
      [10, false, 24],
      [20, true, 56],
      [30, false, 24],
    ])
    expect(store.checkpoints.lastResumable(runId)).toEqual(stateAt(20))
    expect(unwrap(store.checkpoints.load(runId, 10)).params).toEqual(stateAt(10).params)
  })

  test('after a step are truncated, and tensors that nothing uses any more go with them', () => {
    const { store, runId } = withRun()
    const other = store.runs.create(newRun()).id
    const shared = stateAt(30)
    for (const step of [10, 20, 30]) unwrap(store.checkpoints.write(runId, stateAt(step)))
    unwrap(store.checkpoints.write(other, shared))
    const sizeOfOne = store.runs.find(other)!.sizeBytes

    store.checkpoints.truncate(runId, 10)

    expect(store.checkpoints.list(runId).map(({ step }) => step)).toEqual([10])
    expect(store.runs.find(runId)!.sizeBytes).toBe(sizeOfOne)
    expect(unwrap(store.checkpoints.load(other, 30))).toEqual(shared)
    expect(store.reclaim(1000)).toBe(true)
    expect(unwrap(store.checkpoints.load(other, 30))).toEqual(shared)
  })

  test('are removed one by one', () => {
    const { store, runId } = withRun()
    for (const step of [10, 20]) unwrap(store.checkpoints.write(runId, stateAt(step)))

    store.checkpoints.remove(runId, 10)

    expect(store.checkpoints.list(runId).map(({ step }) => step)).toEqual([20])
  })

  test('that are not there are answered with the nearest', () => {
    const { store, runId } = withRun()
    for (const step of [10, 20, 90, 100]) unwrap(store.checkpoints.write(runId, stateAt(step)))

    expect(store.checkpoints.load(runId, 25)).toMatchObject({
      error: {
        code: 'CHECKPOINT_NOT_FOUND',
        message: `run ${runId} has no checkpoint at step 25; nearest: 20, 10, 90`,
      },
    })
    expect(store.checkpoints.load('run-none', 25)).toMatchObject({ error: { code: 'RUN_NOT_FOUND' } })
    expect(store.checkpoints.write('run-none', stateAt(1))).toMatchObject({ error: { code: 'RUN_NOT_FOUND' } })
    expect(store.checkpoints.lastResumable('run-none')).toBeUndefined()
  })

  test('written over and over, truncated and shared leave exactly the tensors in use', () => {
    const { store, runId } = withRun()
    const rng = createRng(4)
    const expected = new Map<number, TrainingState>()

    for (let i = 0; i < 200; i++) {
      const step = rng.below(12)
      if (rng.below(8) === 0) {
        store.checkpoints.truncate(runId, step)
        for (const each of expected.keys()) if (each > step) expected.delete(each)
      } else {
        const pick = (): ReturnType<typeof floats> =>
          floats(Array.from({ length: 1 + rng.below(3) }, () => rng.below(3)))
        const state = stateAt(step, { params: { W_in: pick(), W_out: pick() }, slots: { 'm/W_in': pick() } })
        unwrap(store.checkpoints.write(runId, state))
        expected.set(step, state)
      }
    }

    const distinct = new Map<string, number>()
    for (const { params, slots } of expected.values()) {
      for (const { data } of [...Object.values(params), ...Object.values(slots)]) {
        distinct.set(data.join(), data.byteLength)
      }
    }
    const sizeBytes = [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0)
    const loads = [...expected.keys()].map((step) => unwrap(store.checkpoints.load(runId, step)))
    expect(loads).toEqual([...expected.values()])
    expect(store.runs.find(runId)!.sizeBytes).toBe(sizeBytes)
    expect(store.reclaim(1000)).toBe(true)
  })
})
