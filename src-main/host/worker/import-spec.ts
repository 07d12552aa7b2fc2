/** What an imported run is made of, as far as that can be known. */
import { createRng } from '../../base/rng'
import type { Mapping } from '../../lab/importers/layouts/layout'
import { completeSpec, complaintsAbout } from '../../lab/recipes/resolve-setup'
import { tasks } from '../../lab/tasks'
import type { Dataset } from '../../lab/tasks/task'
import type { RunSpec } from '../../lab/train/run-spec'

/** Why the network cannot be said to do this task; empty when it can. */
export function taskComplaint(mapping: Mapping, task: RunSpec['task']): string {
  const [complaint] = complaintsAbout(specFor(mapping, task, 0), undefined, 'analysis')
  if (complaint) return `${complaint.path}: ${complaint.message}`
  const { n_ctx, d_vocab, d_vocab_out } = datasetOf(task)
  const wanted = mapping.dims
  if (n_ctx === wanted.n_ctx && d_vocab === wanted.d_vocab && d_vocab_out === wanted.d_vocab_out) return ''
  const shown = (dims: Mapping['dims']): string => `${dims.n_ctx} positions, ${dims.d_vocab} tokens and ${dims.d_vocab_out} classes`
  return `the task has ${shown({ n_ctx, d_vocab, d_vocab_out })}; the network has ${shown(wanted)}`
}

export function datasetOf({ id, settings }: RunSpec['task']): Dataset {
  const complete = completeSpec({ ...anySpec, task: { id, settings } }).task.settings
  return tasks.require(id).create(complete as never, createRng(0).fork('dataset')) // complaintsAbout found nothing wrong
}

const anySpec: Omit<RunSpec, 'task'> = {
  model: { id: 'transformer', settings: {} },
  optimizer: { id: 'adamw', settings: {} },
  loss: { id: 'cross-entropy', settings: {} },
  schedule: {},
  seed: 0,
}

/** How it was trained is not known: optimizer, loss and schedule are the defaults. */
export function specFor({ modelId, settings }: Mapping, { id, settings: taskSettings }: RunSpec['task'], lastStep: number): RunSpec {
  return completeSpec({ ...anySpec, task: { id, settings: taskSettings }, model: { id: modelId, settings }, schedule: { steps: lastStep } })
}
