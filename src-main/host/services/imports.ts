/**
 * Imports from dropped file to run. Nothing of a stranger's file is looked at in this process: it is kept, handed by name to
 * the importer, and what the importer makes of it is written.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError, failureOf, unwrap } from '../../base/result'
import type { imports as namespace, ImportCard, ImportDraft } from '../../contract/imports'
import type { ServiceOf } from '../../contract/rpc'
import type { Run } from '../../contract/runs'
import type { ArraysByName } from '../../lab/models/model'
import type { ComputeClient, ImportEvent, ImportFile } from '../compute/contract'
import type { JobControl, Jobs } from '../compute/job'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import type { RunChanges } from './changes'
import type { DroppedFiles } from './dropped-files'
import { findRun } from './runs'

export interface ImportsOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly jobs: Jobs
  readonly changes: RunChanges
  readonly dropped: DroppedFiles
}

type Service = ServiceOf<typeof namespace>

const emptyDraft: ImportDraft = { answers: {}, settings: {}, parameters: {} }

export function createImportsService(options: ImportsOptions): Service {
  const { store, supervisor, dropped } = options
  const hashOf = async (files: readonly ImportFile[], signal: AbortSignal): Promise<string> => {
    const { hash } = await reading(supervisor, signal, (client) => client.imports.hash({ files: [...files] }, { signal }))
    return hash
  }

  return {
    begin: () => ({ importId: dropped.begin() }),
    put({ importId, ...piece }) {
      dropped.put(importId, piece)
      return {}
    },
    async open({ importId }, { signal }) {
      const files = [...dropped.files(importId)]
      const remembered = store().imports.draft(await hashOf(files, signal))
      const draft = remembered ?? emptyDraft
      const propose = (with_: ImportDraft): ReturnType<Service['check']> =>
        reading(supervisor, signal, (client) => client.imports.propose({ files, draft: with_ }, { signal }))
      return { draft, isRemembered: remembered !== undefined, proposal: await propose(draft) }
    },
    check: ({ importId, draft }, { signal }) => {
      const files = [...dropped.files(importId)]
      return reading(supervisor, signal, (client) => client.imports.propose({ files, draft }, { signal }))
    },
    card: ({ importId, draft }, { signal }) => {
      const files = [...dropped.files(importId)]
      return reading(supervisor, signal, (client) => client.imports.card({ files, draft }, { signal }))
    },
    async finish({ importId, draft, name }, { signal }) {
      const files = [...dropped.files(importId)]
      const hash = await hashOf(files, signal)
      const result = await finished(options, { files, draft, name, hash }, signal)
      dropped.discard(importId)
      return result
    },
    discard({ importId }) {
      dropped.discard(importId)
      return {}
    },
    record({ runId }) {
      unwrap(findRun(store(), runId))
      const record = store().imports.find(runId)
      return record ? { record } : {}
    },
  }
}

/** Work in the importer. A file that ends its reader is refused like any other that cannot be read. */
async function reading<T>(supervisor: Supervisor, signal: AbortSignal, work: (client: ComputeClient) => Promise<T>): Promise<T> {
  try {
    return await supervisor.read(({ client }) => work(client), signal)
  } catch (thrown) {
    const { code, detail } = failureOf(thrown)
    if (code !== 'COMPUTE_DIED') throw thrown
    const message = `the process that read the files ended: ${String(detail?.['reason'])}; they are damaged or too large for this machine`
    throw new AppError({ code: 'IMPORT_REFUSED', message }, { cause: thrown })
  }
}

interface Finishing {
  readonly files: readonly ImportFile[]
  readonly draft: ImportDraft
  readonly name: string
  readonly hash: string
}

/** Writes the run as a job: it is seen in the status bar, can be cancelled there, and ends with the project. */
async function finished({ store, supervisor, jobs, changes }: ImportsOptions, finishing: Finishing, signal: AbortSignal): Promise<{ runId: string; card: ImportCard }> {
  const project = store()
  const writer = createWriter(project, finishing)
  const work = async (control: JobControl): Promise<void> => {
    const both = AbortSignal.any([signal, control.signal])
    const { files, draft } = finishing
    control.begun()
    try {
      await reading(supervisor, both, (client) =>
        client.imports.read({ files: [...files], draft }, (event) => control.progress(writer.read(event)), { signal: both }),
      )
    } catch (thrown) {
      writer.abandon()
      throw thrown
    }
  }
  const job = jobs.add({ title: `Importing ${finishing.name}`, kind: 'import', total: 1, unit: 'checkpoints' }, work)
  const { failure, state } = await job.ended
  if (state !== 'finished') throw new AppError(failure ?? { code: 'CANCELLED', message: `importing '${finishing.name}' was cancelled` })
  const { run, card } = writer.result()
  changes.changed(run.id)
  return { runId: run.id, card }
}

interface Writer {
  /** Returns the number of checkpoints written. Throwing ends the reading. */
  read(event: ImportEvent): number
  result(): { readonly run: Run; readonly card: ImportCard }
  /** Takes back what was written. */
  abandon(): void
}

function createWriter(project: Store, { files, draft, name, hash }: Finishing): Writer {
  let run: Run | undefined
  let card: ImportCard | undefined
  let count = 0
  let params: Record<string, ArraysByName[string]> = {}
  let buffers: Record<string, ArraysByName[string]> = {}

  function store({ step, rng }: Extract<ImportEvent, { kind: 'checkpoint' }>): void {
    const cursor = { epoch: 0, offset: 0, orderRng: rng }
    unwrap(project.checkpoints.write(run!.id, { step, params, buffers, slots: {}, rng, cursor }, { keepOptimizerState: false }))
    // Steps given by hand may come in any order.
    run = unwrap(project.runs.change(run!.id, { step: Math.max(run!.step, step) }))
    params = {}
    buffers = {}
    count++
  }

  function end({ record, kept }: Extract<ImportEvent, { kind: 'ended' }>): void {
    const companions = files.filter((file) => kept.includes(file.name))
    const bytes = companions.map((file) => ({ name: basename(file.name), bytes: new Uint8Array(readFileSync(file.path)) }))
    project.imports.write(run!.id, { ...record, hash, draft }, bytes)
    run = unwrap(project.runs.change(run!.id, { state: 'finished' }))
    card = record.card
  }

  return {
    read(event) {
      switch (event.kind) {
        case 'spec':
          run = project.runs.create({ name, spec: event.spec, lastStep: event.lastStep, madeWith: event.title, tags: ['imported'] })
          break
        case 'array':
          ;(event.isBuffer ? buffers : params)[event.name] = event.array
          break
        case 'checkpoint':
          store(event)
          break
        case 'ended':
          end(event)
      }
      return count
    },
    result: () => ({ run: run!, card: card! }), // a reading that ends has sent both
    abandon: () => void (run && project.runs.setHidden(run.id, true)),
  }
}
