/**
 * What every import ends in: which tensors went where, which were left, what is missing, and, where somebody gives
 * reference logits, by how much ours differ.
 *
 * A reference is an .npz with `tokens` [batch, pos], whole numbers, and `logits` [batch, pos, d_vocab], or
 * [batch, d_vocab] for the last position alone.
 */
import { sizeOf, type NumberArray } from '../../../base/array'
import { err, ok, type Result } from '../../../base/result'
import { scoped } from '../../../engine/tf'
import { models } from '../../models'
import { createNetwork, type Network } from '../../models/network'
import type { ByteSource, ReadTensor } from '../importer'
import type { Mapping, NamedReason } from '../layouts/layout'
import npz from '../npz'
import type { ImportedNetwork } from './apply-mapping'

export interface AccountedParameter {
  readonly name: string
  readonly shape: readonly number[]
  /** Tensors of the file that it was made of; empty where it is a constant. */
  readonly from: readonly string[]
}

export interface LogitParity {
  /** Largest absolute difference of any logit. */
  readonly largestError: number
  /** Largest absolute reference logit, against which the error is judged. */
  readonly largestLogit: number
  /** Where the largest error lies. */
  readonly at: { readonly sequence: number; readonly pos: number; readonly token: number }
  readonly comparedCount: number
  /** True where the error is at most 1e-4 of the largest logit: what float32 sums of another order come to. */
  readonly isWithin: boolean
}

export interface ParityCard {
  readonly accounted: readonly AccountedParameter[]
  readonly parameterCount: number
  readonly unused: readonly NamedReason[]
  readonly missing: readonly NamedReason[]
  readonly logits?: LogitParity
}

export interface Reference {
  readonly batch: number
  readonly length: number
  /** [batch, length], row-major. */
  readonly tokens: Int32Array
  /** [batch, length or 1, d_vocab_out], row-major. */
  readonly logits: NumberArray
  readonly isLastOnly: boolean
  readonly d_vocab_out: number
}

/** What float32 sums in another order differ by, as a share of the largest logit. */
const tolerance = 1e-4
/** Logits made at a time, so that a large vocabulary does not ask for everything at once. */
const logitsAtOnce = 1 << 24

export function readReference(source: ByteSource): Result<Reference, 'IMPORT_REFUSED'> {
  const read = npz.read(source)
  if (!read.ok) return read
  const named = (name: string): ReadTensor | undefined => read.value.tensors.find((tensor) => tensor.name === name)
  const [tokens, logits] = [named('tokens'), named('logits')]
  if (!tokens || !logits) {
    const names = read.value.tensors.map(({ name }) => name).join(', ')
    return err('IMPORT_REFUSED', `a reference holds the arrays tokens and logits; this one holds ${names || 'none'}`)
  }
  const [batch = 0, length = 0] = tokens.shape
  const isLastOnly = logits.shape.length === 2
  const d_vocab_out = logits.shape.at(-1) ?? 0
  const fitting = isLastOnly ? [batch, d_vocab_out] : [batch, length, d_vocab_out]
  if (tokens.shape.length !== 2 || sizeOf(tokens.shape) === 0 || d_vocab_out === 0 || `${fitting}` !== `${logits.shape}`) {
    return err('IMPORT_REFUSED', `tokens [${tokens.shape.join(', ')}] and logits [${logits.shape.join(', ')}] do not fit each other`)
  }
  const [ids, wanted] = [tokens.read(), logits.read()]
  if (!ids.ok) return ids
  if (!wanted.ok) return wanted
  if (!ids.value.every(Number.isSafeInteger)) return err('IMPORT_REFUSED', 'tokens are not whole numbers')
  return ok({ batch, length, tokens: Int32Array.from(ids.value), logits: wanted.value, isLastOnly, d_vocab_out })
}

/** Runs the network on the reference's tokens where there is one. */
export function parityOf(imported: ImportedNetwork, mapping: Mapping, reference?: Reference): Result<ParityCard, 'IMPORT_REFUSED'> {
  const accounted = mapping.parameters.map(({ name, shape, parts }) => ({
    name,
    shape,
    from: parts.flatMap((part) => ('from' in part ? [part.from] : [])),
  }))
  const card: ParityCard = {
    accounted,
    parameterCount: accounted.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    unused: mapping.unused,
    missing: mapping.missing,
  }
  if (!reference) return ok(card)
  const { modelId, settings, dims, arrays } = imported
  const network = createNetwork(models.require(modelId), settings, dims, arrays)
  const logits = logitParity(network, reference)
  network.dispose()
  return logits.ok ? ok({ ...card, logits: logits.value }) : logits
}

/** How far the network's logits are from the reference's; refused where the two do not fit. */
export function logitParity(network: Network, reference: Reference): Result<LogitParity, 'IMPORT_REFUSED'> {
  const problem = misfitOf(network, reference)
  if (problem) return err('IMPORT_REFUSED', problem)
  const { batch, length, tokens, logits, isLastOnly, d_vocab_out } = reference
  const perSequence = (isLastOnly ? 1 : length) * d_vocab_out
  const rows = Math.max(1, Math.floor(logitsAtOnce / (length * d_vocab_out)))
  const scored = isLastOnly ? { scored: { positions: Int32Array.of(length - 1), count: 1 } } : {}
  let worst = { error: -1, index: 0 }
  let largestLogit = 0
  for (let start = 0; start < batch; start += rows) {
    const block = tokens.slice(start * length, Math.min(batch, start + rows) * length)
    const ours = scoped(() => network.run({ tokens: block, length, ...scored }).dataSync())
    for (let i = 0; i < ours.length; i++) {
      const index = start * perSequence + i
      const error = Math.abs(ours[i]! - logits[index]!)
      largestLogit = Math.max(largestLogit, Math.abs(logits[index]!))
      // Written so that an error that is no number is the worst there is.
      if (!(error <= worst.error)) worst = { error, index }
    }
  }
  const { error, index } = worst
  const place = Math.floor((index % perSequence) / d_vocab_out)
  return ok({
    largestError: finite(error),
    largestLogit: finite(largestLogit),
    at: { sequence: Math.floor(index / perSequence), pos: isLastOnly ? length - 1 : place, token: index % d_vocab_out },
    comparedCount: batch * perSequence,
    isWithin: error <= tolerance * largestLogit,
  })
}

/** What is no number is larger than every bound. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE)

function misfitOf({ dims, hookPoints }: Network, { length, tokens, d_vocab_out, isLastOnly }: Reference): string | undefined {
  if (d_vocab_out !== dims.d_vocab_out) return `the reference has ${d_vocab_out} logits a position; the network has ${dims.d_vocab_out}`
  if (length > dims.n_ctx) return `the reference has sequences of ${length} tokens; the network takes ${dims.n_ctx}`
  const answersOnce = hookPoints.every(({ axes }) => !axes.includes('pos'))
  if (answersOnce && (length !== dims.n_ctx || !isLastOnly)) return `this network answers once for all of its ${dims.n_ctx} inputs; the reference does not`
  const stranger = tokens.find((token) => token < 0 || token >= dims.d_vocab)
  return stranger === undefined ? undefined : `the reference has a token ${stranger}; the network has ${dims.d_vocab}`
}
