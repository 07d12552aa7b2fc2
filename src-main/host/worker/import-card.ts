/** The parity card of an import: where every parameter came from, and what the network answers. */
import type { ImportCard, ImportProposal, ImportRow } from '../../contract/imports'
import { sizeOf } from '../../base/array'
import type { ByteSource } from '../../lab/importers/importer'
import { logitParity, readReference, type LogitParity } from '../../lab/importers/opening/parity-card'
import type { Network } from '../../lab/models/network'
import { tasks } from '../../lab/tasks'
import type { Dataset } from '../../lab/tasks/task'
import type { Chosen } from '../../lab/train/run-spec'
import { refused } from './import-files'
import { correctCount } from './import-tasks'

export interface CardOf {
  readonly rows: readonly ImportRow[]
  readonly unused: ImportProposal['unused']
  readonly network: Network
  readonly task: Chosen
  readonly dataset: Dataset
  readonly reference: ByteSource | undefined
}

export function cardOf({ rows, unused, network, task, dataset, reference }: CardOf): ImportCard {
  const missing = rows.filter(({ state }) => state === 'missing').map(({ name, reason }) => ({ name, reason }))
  const all = Int32Array.from({ length: dataset.exampleCount }, (_, example) => example)
  const { title } = tasks.require(task.id)
  return {
    accounted: rows.map(({ name, shape, parts }) => ({ name, shape, from: parts.flatMap((part) => ('from' in part ? [part.from] : [])) })),
    parameterCount: rows.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    unused,
    missing,
    ...(reference && { logits: parityWith(network, reference) }),
    ...(all.length > 0 && {
      answers: { task: title, correctCount: correctCount(network, dataset, all), count: all.length * dataset.scoredPositions.length },
    }),
  }
}

function parityWith(network: Network, source: ByteSource): LogitParity {
  const reference = readReference(source)
  const parity = reference.ok ? logitParity(network, reference.value) : reference
  if (!parity.ok) throw refused(`${source.name}: ${parity.error.message}`)
  return parity.value
}
