import { unwrap } from '../../base/result'
import type { interpret as namespace } from '../../contract/interpret'
import type { ServiceOf } from '../../contract/rpc'
import type { Store } from '../store/store'
import type { Ask } from './asking'
import type { RunChanges } from './changes'
import { findRun } from './runs'

export interface InterpretOptions {
  readonly store: () => Store
  readonly ask: Ask
  readonly changes: RunChanges
}

export function createInterpretService({ store, ask, changes }: InterpretOptions): ServiceOf<typeof namespace> {
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
      const maskId = project.masks.write({ name, runId, step, how, sparsity, arrays: mask })
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
