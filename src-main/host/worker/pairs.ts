/** Pairs of the contract as the lab takes them, checked against the network they are for. */
import { AppError, unwrap } from '../../base/result'
import type { Provenance } from '../../contract/interpret'
import type { AnswerSet, PairSource } from '../../contract/patching'
import { taskPairs, type Pairs } from '../../lab/interpret/components/pairs'
import { membersOf } from './inputs'
import type { Subject } from './subjects'

export interface ResolvedPairs {
  readonly pairs: Pairs
  /** What "How was this computed" says of them. */
  readonly spec: Provenance['spec']
}

export function resolvePairs(subject: Subject, source: PairSource, answerSet?: AnswerSet): ResolvedPairs {
  const found = source.kind === 'task' ? pairsOfTask(subject, source) : givenPairs(subject, source)
  if (!answerSet) return found
  const classCount = subject.network.dims.d_vocab_out
  checkClasses([...answerSet.right, ...answerSet.wrong], classCount)
  const { count } = found.pairs
  const same = (classes: readonly number[]): Pairs['answers'] => Array.from({ length: count }, () => classes)
  return {
    pairs: { ...found.pairs, answers: same(answerSet.right), wrong: same(answerSet.wrong) },
    spec: { ...found.spec, rightAnswers: answerSet.right.join(', '), wrongAnswers: answerSet.wrong.join(', ') },
  }
}

type Of<K extends PairSource['kind']> = Extract<PairSource, { kind: K }>

function pairsOfTask({ setup: { dataset } }: Subject, { split, count, seed }: Of<'task'>): ResolvedPairs {
  const pairs = unwrap(taskPairs(dataset, { members: membersOf(dataset, split), count, seed }))
  const rule = 'another example of the split with another label, drawn by the seed'
  return { pairs, spec: { dataset: `first ${pairs.count} examples of split ${split}`, corrupted: rule, pairSeed: seed } }
}

function givenPairs({ network }: Subject, source: Of<'given'>): ResolvedPairs {
  const { clean, corrupted, mask, answerPos, answers, wrong, title } = source
  const { n_ctx, d_vocab, d_vocab_out } = network.dims
  const [count, length] = clean.shape as [number, number]
  if (clean.shape.length !== 2 || count < 1 || length < 1 || length > n_ctx || corrupted.shape.join() !== clean.shape.join()) {
    const message = `clean prompts are [${clean.shape}], corrupted ones [${corrupted.shape}]; expected [pair, pos] twice alike, with 1 to ${n_ctx} positions`
    throw invalid(message)
  }
  const wellFormed =
    answerPos.shape.join() === String(count) &&
    [answers, wrong].every(({ shape }) => shape.length === 2 && shape[0] === count) &&
    (!mask || (mask.data instanceof Uint8Array && mask.shape.join() === clean.shape.join()))
  if (!wellFormed) throw invalid(`answers, their positions or the mask do not fit ${count} pairs of ${length} positions`)
  checkRange([...clean.data, ...corrupted.data], d_vocab, 'token')
  checkRange([...answerPos.data], length, 'answer position')
  const padding = mask && (mask.data as Uint8Array) // checked above
  return {
    pairs: {
      count,
      length,
      clean: Int32Array.from(clean.data),
      corrupted: Int32Array.from(corrupted.data),
      ...(padding && { cleanMask: padding, corruptedMask: padding }),
      answerPos: Int32Array.from(answerPos.data),
      answers: rowsOf(answers, d_vocab_out),
      wrong: rowsOf(wrong, d_vocab_out),
    },
    spec: { dataset: `${title}, ${count} pairs` },
  }
}

/** Rows without the -1 that fill them up. */
function rowsOf({ shape, data }: Of<'given'>['answers'], classCount: number): Pairs['answers'] {
  const [count, width] = shape as [number, number]
  const values = Array.from(data)
  const rows = Array.from({ length: count }, (_, row) => values.slice(row * width, (row + 1) * width).filter((one) => one !== -1))
  if (rows.some(({ length }) => length === 0)) throw invalid('a pair has no right or no wrong answer; each needs one of both')
  checkClasses(rows.flat(), classCount)
  return rows
}

const checkClasses = (classes: readonly number[], count: number): void => checkRange(classes, count, 'answer')

function checkRange(values: readonly number[], count: number, name: string): void {
  const beyond = values.find((value) => value < 0 || value >= count)
  if (beyond !== undefined) throw invalid(`${name} ${beyond} is outside 0 to ${count - 1}`)
}

export const invalid = (message: string): AppError => new AppError({ code: 'ARGUMENTS_INVALID', message })
