/** Records for the store's tests, small and complete; every factory takes what a test wants to differ. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { FloatArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { createStore } from '@main/host/store/database'
import type { NewRun, Store, StoreOptions } from '@main/host/store/store'
import type { TrainingState } from '@main/lab/train/training-state'

/** A folder of the test's own, removed when it ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grokscope-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store in memory, or at a path; disposed when the test ends. */
export function newStore(path = ':memory:', options: StoreOptions = {}): Store {
  const store = unwrap(createStore(path, options))
  onTestFinished(() => store.dispose())
  return store
}

export function newRun(changes: Partial<NewRun> = {}): NewRun {
  const chosen = (id: string): { id: string; settings: Record<string, number | string | boolean> } => ({
    id,
    settings: { p: 7, activation: 'quadratic', biases: false },
  })
  return {
    name: 'seven',
    spec: {
      task: chosen('modular-addition'),
      model: chosen('mlp'),
      optimizer: chosen('adamw'),
      loss: chosen('mse'),
      schedule: { steps: 100 },
      seed: 3,
    },
    lastStep: 100,
    madeWith: 'cpu, test',
    ...changes,
  }
}

export function floats(values: Iterable<number>, axes: readonly string[] = ['d_mlp']): FloatArray {
  const data = Float32Array.from(values)
  return { axes, shape: axes.length === 1 ? [data.length] : axes.map((_, i) => (i ? 1 : data.length)), data }
}

export function stateAt(step: number, changes: Partial<TrainingState> = {}): TrainingState {
  return {
    step,
    params: { W_in: floats([1, 2, 3, step]), W_out: floats([0.5, step]) },
    buffers: {},
    slots: { 'm/W_in': floats([0.1, 0.2, 0.3, step]), 'v/W_in': floats([0.01, 0, 0, step]) },
    rng: [1, 2, 3, 0xffffffff],
    cursor: { epoch: 2, offset: 5, orderRng: [9, 8, 7, 6] },
    ...changes,
  }
}
