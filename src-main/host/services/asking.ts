/** How services ask the analyst about a checkpoint: by key, sending the weights only when the process does not hold them. */
import { createHash } from 'node:crypto'
import { err, failureOf, unwrap, type Result } from '../../base/result'
import type { At } from '../../contract/interpret'
import type { RunSpec } from '../../contract/runs'
import type { ComputeClient } from '../compute/contract'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import type { RunChanges } from './changes'
import { findRun } from './runs'

export interface AskingOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly changes: RunChanges
}

interface Subject {
  readonly key: string
  readonly hash: string
  readonly spec: RunSpec
}

/** Does some work with the process that holds a checkpoint; `key` names the checkpoint to it. */
export type Ask = <T>(at: At, work: (client: ComputeClient, key: string) => Promise<T>) => Promise<T>

export function createAsking({ store, supervisor, changes }: AskingOptions): Ask {
  const subjects = createSubjectIndex(store, changes)
  return async (at, work) => {
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
