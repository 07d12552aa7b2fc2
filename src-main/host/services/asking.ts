/** How services ask the analyst about a checkpoint: by key, sending the weights only when the process does not hold them. */
import { createHash } from 'node:crypto'
import { err, failureOf, unwrap, type Result } from '../../base/result'
import type { At } from '../../contract/interpret'
import type { RunSpec } from '../../contract/runs'
import type { ComputeClient } from '../compute/contract'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import type { RunChanges } from './changes'
import { attachImages } from './images'
import { findRun } from './runs'
import { resolveTokenizer } from './tokenizers'

export interface AskingOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly changes: RunChanges
}

interface Subject extends At {
  readonly key: string
  readonly hash: string
  readonly spec: RunSpec
}

/** A larger checkpoint is sent when it is asked about and not before. */
const aheadBytes = 8 * 2 ** 20

/** Does some work with the process that holds a checkpoint; `key` names the checkpoint to it. */
export type Ask = <T>(at: At, work: (client: ComputeClient, key: string) => Promise<T>) => Promise<T>

export function createAsking({ store, supervisor, changes }: AskingOptions): Ask {
  const subjects = createSubjectIndex(store, changes)
  /** Keys each process was sent. It may have given some up again, and then says so when asked. */
  const sent = new WeakMap<ComputeClient, Set<string>>()

  /** Several questions about a new checkpoint come at once; it is sent once. */
  const underway = new WeakMap<ComputeClient, Map<string, Promise<void>>>()
  function attach(client: ComputeClient, subject: Subject): Promise<void> {
    const open = underway.get(client) ?? new Map<string, Promise<void>>()
    underway.set(client, open)
    const going = open.get(subject.key)
    if (going) return going
    const made = send(client, subject).finally(() => open.delete(subject.key))
    open.set(subject.key, made)
    return made
  }

  async function send(client: ComputeClient, { runId, step, key, hash, spec }: Subject, mostBytes = Infinity): Promise<void> {
    const { params, buffers } = unwrap(store().checkpoints.load(runId, step))
    const arrays = { ...params, ...buffers }
    if (Object.values(arrays).reduce((sum, { data }) => sum + data.byteLength, 0) > mostBytes) return
    keysSent(client).add(key)
    await attachImages(client, store(), spec)
    const { wanted, files } = resolveTokenizer({ kind: 'run', runId }, store())
    const tokenizer = wanted.kind === 'files' ? wanted.key : undefined
    const attached = { key, hash, spec, arrays, ...(tokenizer !== undefined && { tokenizer }) }
    try {
      return void (await client.interpret.attach(attached))
    } catch (thrown) {
      if (failureOf(thrown).code !== 'TOKENIZER_NOT_FOUND' || tokenizer === undefined) throw thrown
    }
    await client.prompts.attachTokenizer({ key: tokenizer, files })
    await client.interpret.attach(attached)
  }

  function keysSent(client: ComputeClient): Set<string> {
    const keys = sent.get(client) ?? new Set()
    sent.set(client, keys)
    return keys
  }

  /** A hand that moves along a run comes to a neighbour next. */
  async function attachNeighbours(client: ComputeClient, at: At): Promise<void> {
    for (const step of subjects.besides(at)) {
      const subject = subjects.find({ runId: at.runId, step })
      if (subject.ok && !keysSent(client).has(subject.value.key)) await send(client, subject.value, aheadBytes)
    }
  }

  return async (at, work) => {
    const subject = unwrap(subjects.find(at))
    return supervisor.analyse(async ({ client }) => {
      try {
        return await work(client, subject.key)
      } catch (thrown) {
        if (failureOf(thrown).code !== 'CHECKPOINT_NOT_FOUND') throw thrown
      }
      await attach(client, subject)
      const answer = work(client, subject.key)
      // Behind the question, so that it waits for nothing. Whoever comes to them hears of what goes wrong.
      void attachNeighbours(client, at).catch(() => {})
      return answer
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
): {
  find(at: At): Result<Subject, 'RUN_NOT_FOUND' | 'CHECKPOINT_NOT_FOUND'>
  /** Steps of the checkpoints before and after one that was found. */
  besides(at: At): readonly number[]
} {
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
      .map(({ step, hash }): [number, Subject] => [step, { runId, step, key: `${hash}/${data}`, hash, spec: run.value.spec }])
    const bySteps = new Map(subjects)
    known.set(runId, bySteps)
    return { ok: true, value: bySteps }
  }

  return {
    besides({ runId, step }) {
      const steps = [...(known.get(runId)?.keys() ?? [])]
      const at = steps.indexOf(step)
      return at < 0 ? [] : [steps[at - 1], steps[at + 1]].filter((one) => one !== undefined)
    },
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
