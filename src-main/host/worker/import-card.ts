/** The parity card of an import: where every parameter came from, and what the network answers. */
import { scoped } from '../../engine/tf'
import type { ImportCard, ImportProposal, ImportRow } from '../../contract/imports'
import { sizeOf } from '../../base/array'
import { importers } from '../../lab/importers'
import type { ByteSource } from '../../lab/importers/importer'
import type { LogitParity } from '../../lab/importers/opening/parity-card'
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
    ...(reference && { logits: logitParity(network, reference) }),
    ...(all.length > 0 && {
      answers: { task: title, correctCount: correctCount(network, dataset, all), count: all.length * dataset.scoredPositions.length },
    }),
  }
}

/** Sums of another order differ by this much of the largest logit in float32, at most. */
const float32Share = 1e-4

function logitParity(network: Network, reference: ByteSource): LogitParity {
  const { tokens, tokenShape, logits, logitShape } = referenceOf(reference)
  const [count, length] = tokenShape as [number, number]
  const { n_ctx, d_vocab, d_vocab_out } = network.dims
  const atEnd = logitShape.length === 2
  const wanted = atEnd ? [count, d_vocab_out] : [count, length, d_vocab_out]
  if (tokenShape.length !== 2 || length < 1 || length > n_ctx) throw refused(`${reference.name}: tokens are [${tokenShape.join(', ')}]; expected [batch, pos] with 1 to ${n_ctx} positions`)
  if (String(wanted) !== String(logitShape)) throw refused(`${reference.name}: logits are [${logitShape.join(', ')}]; expected [${wanted.join(', ')}]`)
  const beyond = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= d_vocab)
  if (beyond !== undefined) throw refused(`${reference.name}: token ${beyond} is outside the vocabulary 0 to ${d_vocab - 1}`)
  const scored = atEnd ? { scored: { positions: Int32Array.of(length - 1), count: 1 } } : {}
  let worst = { largestError: 0, largestLogit: 0, at: 0 }
  const rowLength = logits.length / count
  // One sequence at a time: a large vocabulary's logits for all at once would not fit.
  for (let row = 0; row < count; row++) {
    const input = { tokens: Int32Array.from(tokens.slice(row * length, (row + 1) * length)), length, ...scored }
    const found = scoped(() => network.run(input).dataSync())
    for (let i = 0; i < rowLength; i++) {
      const expected = logits[row * rowLength + i]!
      const error = Math.abs(found[i]! - expected)
      const isWorse = !(error <= worst.largestError)
      worst = {
        largestError: isWorse ? error : worst.largestError,
        largestLogit: Math.max(worst.largestLogit, Math.abs(expected)),
        at: isWorse ? row * rowLength + i : worst.at,
      }
    }
  }
  const place = Math.floor(worst.at / d_vocab_out)
  return {
    largestError: finite(worst.largestError),
    largestLogit: finite(worst.largestLogit),
    at: {
      sequence: atEnd ? place : Math.floor(place / length),
      pos: atEnd ? length - 1 : place % length,
      token: worst.at % d_vocab_out,
    },
    comparedCount: logits.length,
    isWithin: worst.largestError <= float32Share * worst.largestLogit,
  }
}

/** What is no number is larger than every bound. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE)

function referenceOf(reference: ByteSource) {
  const read = importers.require('npz').read(reference)
  if (!read.ok) throw refused(`${reference.name}: ${read.error.message}`)
  const { tensors } = read.value
  const load = (name: string): Loaded => {
    const tensor = tensors.find((one) => one.name === name)! // it is a reference because it has both
    const values = tensor.read()
    if (!values.ok) throw refused(`${reference.name}: ${values.error.message}`)
    return { shape: tensor.shape, data: values.value }
  }
  const [tokens, logits] = [load('tokens'), load('logits')]
  return { tokens: Array.from(tokens.data), tokenShape: tokens.shape, logits: logits.data, logitShape: logits.shape }
}

interface Loaded {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number> & Iterable<number>
}
