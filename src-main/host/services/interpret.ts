import { createHash } from 'node:crypto'
import { err, failureOf, unwrap, type Result } from '../../base/result'
import type { At, interpret as namespace } from '../../contract/interpret'
import type { ServiceOf } from '../../contract/rpc'
import type { RunSpec } from '../../contract/runs'
import type { ComputeClient } from '../compute/contract'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import type { RunChanges } from './changes'
import { findRun } from './runs'

export interface InterpretOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly changes: RunChanges
}

interface Subject {
  readonly key: string
  readonly hash: string
  readonly spec: RunSpec
}

export function createInterpretService({ store, supervisor, changes }: InterpretOptions): ServiceOf<typeof namespace> {
  const subjects = createSubjectIndex(store, changes)

  /** Asks about a checkpoint. Its weights are sent only when the process does not hold them. */
  async function ask<T>(at: At, work: (client: ComputeClient, key: string) => Promise<T>): Promise<T> {
    const { key, hash, spec } = unwrap(subjects.find(at))
    return supervisor.analyse(async ({ client }) => {
      try {
        return await work(client, key)
      } catch (thrown) {
        if (failureOf(thrown).code !== 'CHECKPOINT_NOT_FOUND') throw thrown
      }
      const { params, buffers } = unwrap(store().checkpoints.load(at.runId, at.step))
      await client.interpret.attach({ key, hash, spec, arrays: { ...params, ...buffers } })
      return work(client, key)
    })
  }

  return {
    neurons: ({ runId, step, thresholds }, { signal }) =>
      ask({ runId, step }, (client, key) => client.interpret.neurons({ key, ...(thresholds && { thresholds }) }, { signal })),
    neuron: ({ runId, step, neuron }, { signal }) =>
      ask({ runId, step }, (client, key) => client.interpret.neuron({ key, neuron }, { signal })),
    prune: ({ runId, step, ...options }, { emit, signal }) =>
      ask({ runId, step }, (client, key) =>
        client.interpret.prune({ key, ...options }, (curve) => void emit(curve), { signal }),
      ),
    pruned: ({ runId, step, removed }, { signal }) =>
      ask({ runId, step }, (client, key) => client.interpret.pruned({ key, removed }, { signal })),
    async savePruned({ runId, step, removed, name, how }) {
      const project = store()
      const { madeWith } = unwrap(findRun(project, runId))
      const result = await ask({ runId, step }, (client, key) => client.interpret.surgery({ key, removed }))
      const { state, mask, sparsity, accuracies } = result
      const { spec, tags } = unwrap(findRun(project, runId))
      const child = project.runs.create({ name, spec, tags, madeWith, parent: { runId, step, how }, lastStep: 0 })
      project.measurements.append(child.id, [{ step: 0, values: measuredValues(accuracies) }])
      unwrap(project.checkpoints.write(child.id, state))
      const maskId = project.masks.write({ name, runId: child.id, step: 0, how, sparsity, arrays: mask })
      project.runs.change(child.id, { state: 'finished' })
      changes.changed(child.id)
      return { runId: child.id, maskId }
    },
  }
}

/** Accuracies under the series ids that training measures them by. */
function measuredValues(accuracies: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(accuracies).map(([part, value]) => [`accuracy.${part}`, value]))
}

/**
 * Which weights and data a (run, step) stands for. Looked up for every movement of a slider, so it is remembered until
 * the run changes.
 */
function createSubjectIndex(
  store: () => Store,
  changes: RunChanges,
): { find(at: At): Result<Subject, 'RUN_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'> } {
  let ofStore: Store | undefined
  const known = new Map<string, Map<number, Subject>>()
  changes.on(({ changed, removed }) => {
    for (const runId of [...changed, ...removed]) known.delete(runId)
  })

  function subjectsOf(runId: string): Result<Map<number, Subject>, 'RUN_NOT_FOUND'> {
    const remembered = known.get(runId)
    if (remembered) return { ok: true, value: remembered }
    const run = findRun(store(), runId)
    if (!run.ok) return run
    const { task, model, seed } = run.value.spec
    const data = createHash('sha256').update(JSON.stringify([task, model, seed])).digest('hex').slice(0, 16)
    const subjects = store()
      .checkpoints.list(runId)
      .map(({ step, hash }): [number, Subject] => [step, { key: `${hash}/${data}`, hash, spec: run.value.spec }])
    const bySteps = new Map(subjects)
    known.set(runId, bySteps)
    return { ok: true, value: bySteps }
  }

  return {
    find({ runId, step }) {
      if (ofStore !== store()) known.clear()
      ofStore = store()
      const subjects = subjectsOf(runId)
      if (!subjects.ok) return subjects
      const subject = subjects.value.get(step)
      if (subject) return { ok: true, value: subject }
      const nearest = [...subjects.value.keys()].sort((x, y) => Math.abs(x - step) - Math.abs(y - step)).slice(0, 3)
      return err('CHECKPOINT_NOT_FOUND', `run ${runId} has no checkpoint at step ${step}; nearest: ${nearest.join(', ') || 'none'}`)
    },
  }
}

