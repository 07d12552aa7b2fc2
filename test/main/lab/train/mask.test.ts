/** Training under a mask: exact zeros in weights and optimizer state, resumable, and the network that is left. */
import { describe, expect, test } from 'vitest'
import type { FloatArray } from '@main/base/array'
import { defaultsOf } from '@main/base/settings'
import { neuronMask } from '@main/lab/interpret/components/neuron-mask'
import { masked } from '@main/lab/interpret/components/weight-mask'
import type { ArraysByName } from '@main/lab/models/model'
import { optimizers } from '@main/lab/optimizers'
import { initialState } from '@main/lab/train/loop'
import type { Setup } from '@main/lab/train/setup'
import type { TrainingState } from '@main/lab/train/training-state'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { tinySetup, trainRecorded } from '../../../fixtures/training'

/** Every third weight of every matrix masked. */
function thirds(params: ArraysByName): ArraysByName {
  return Object.fromEntries(Object.entries(params).map(([name, array]) => [name, { ...array, data: array.data.map((_, i) => (i % 3 === 1 ? 0 : 1)) }]))
}

/** Whether a masked place holds anything but +0. */
function strays(arrays: ArraysByName, mask: ArraysByName): string[] {
  return Object.entries(arrays).flatMap(([name, { data }]) => {
    const kept = mask[name.replace(/^.*\//, '')]?.data
    return kept && data.some((value, i) => kept[i] === 0 && !Object.is(value, 0)) ? [name] : []
  })
}

const everyStep = { steps: 12, measureEvery: 4, checkpointEvery: 1, keepOptimizerState: 'all' } as const

function maskedSetup(optimizer: string): Setup {
  const { fields } = optimizers.require(optimizer)
  const changed = { ...defaultsOf(fields), ...('momentum' in fields && { momentum: 0.9 }), ...('epsilon' in fields && { epsilon: 0 }), weightDecay: 0.1 }
  return tinySetup({ optimizer: { id: optimizer, settings: changed }, loss: 'cross-entropy', schedule: everyStep })
}

describe('under a mask', () => {
  onEachBackend(() => {
    test.each([...optimizers].map(({ id }) => id))('%s leaves masked weights and their state at +0, bit for bit, at every step', async (optimizer) => {
      const setup = maskedSetup(optimizer)
      const mask = thirds(initialState(setup).params)
      const { record } = await trainRecorded(setup, { mask })

      const states = [...record.checkpoints.values()]
      expect(states.length).toBe(13)
      expect(states.flatMap(({ params, slots }) => strays({ ...params, ...slots }, mask))).toEqual([])
      // Positive control: what is kept moves, and without the mask the same places do.
      const { record: whole } = await trainRecorded(setup)
      expect(strays(whole.checkpoints.get(12)!.params, mask)).not.toEqual([])
      expect(states.at(-1)!.params['W_in']!.data).not.toEqual(states[0]!.params['W_in']!.data)
    })

    test('resuming at step 5 equals not stopping', async () => {
      const setup = maskedSetup('adamw')
      const mask = thirds(initialState(setup).params)
      const { state, record } = await trainRecorded(setup, { mask })
      const resumed = await trainRecorded(setup, { mask, from: record.checkpoints.get(5)! })

      expect(resumed.state).toEqual(state)
    })

    test('training a network whose neurons are masked equals training one without them', async () => {
      const removed = [1, 4, 6]
      const setup = tinySetup({ optimizer: { id: 'adamw', settings: { weightDecay: 0.1 } }, schedule: { steps: 20, checkpointEvery: 20 } })
      const small = tinySetup({ model: { d_mlp: 5 }, optimizer: { id: 'adamw', settings: { weightDecay: 0.1 } }, schedule: { steps: 20, checkpointEvery: 20 } })
      const start = initialState(setup)
      const mask = neuronMask(start.params, removed).arrays
      const cut = (state: TrainingState): TrainingState => ({ ...state, params: withoutNeurons(state.params, removed) })
      const under = await trainRecorded(setup, { mask, from: { ...start, params: masked(start.params, mask) } })
      const whole = await trainRecorded(small, { from: cut(start) })

      for (const [name, { data, shape }] of Object.entries(whole.state.params)) {
        const found = cut(under.state).params[name]!
        expect(found.shape).toEqual(shape)
        expectClose(found.data, data, { atol: 2e-6, rtol: 2e-5 })
      }
      expect(strays({ ...under.state.params, ...under.state.slots }, mask)).toEqual([])
      expect(under.record.values.get(0)).toBeDefined()
      expectClose([under.record.values.get(18)!['loss.test']!], [whole.record.values.get(18)!['loss.test']!], { rtol: 1e-5 })
    })
  })

  test('of another shape than the weights is refused', async () => {
    const setup = tinySetup()
    const W_in: FloatArray = { axes: ['d_mlp'], shape: [3], data: Float32Array.of(1, 0, 1) }

    await expect(trainRecorded(setup, { mask: { W_in } })).rejects.toThrow("the mask of 'W_in' has shape [3]; the network's is [2,7,8]")
  })
})

/** The perceptron's arrays with these neurons cut out. */
function withoutNeurons({ W_in, W_out }: ArraysByName, removed: readonly number[]): ArraysByName {
  const [pos, vocab, neurons] = W_in!.shape as [number, number, number]
  const left = neurons - removed.length
  const columns = W_in!.data.filter((_, i) => !removed.includes(i % neurons))
  const rows = W_out!.data.filter((_, i) => !removed.includes(Math.floor(i / W_out!.shape[1]!)))
  return { W_in: { ...W_in!, shape: [pos, vocab, left], data: columns }, W_out: { ...W_out!, shape: [left, W_out!.shape[1]!], data: rows } }
}
