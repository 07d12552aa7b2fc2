/** Inputs of the contract as what a network runs on, checked against it. */
import { AppError, unwrap } from '../../base/result'
import type { Inputs } from '../../contract/inputs'
import type { Provenance } from '../../contract/interpret'
import { commonStart, repeatedTokens } from '../../lab/interpret/components/repeated-tokens'
import type { Sequences } from '../../lab/models/network'
import type { Dataset } from '../../lab/tasks/task'
import type { Subject } from './subjects'

export interface ResolvedInputs {
  readonly sequences: Sequences
  /** Number of sequences. */
  readonly count: number
  /** Examples there are of the split; absent where the inputs are none. */
  readonly available?: number
  /** Answers that were given with the tokens, [example, pos]; -1 where there is none. */
  readonly answers?: Int32Array
  /** The task's answers, [example, scored], where the inputs are its examples. */
  readonly labels?: Int32Array
  /** What "How was this computed" says of them. */
  readonly spec: Provenance['spec']
}

export function resolveInputs({ setup, network }: Pick<Subject, 'setup' | 'network'>, inputs: Inputs): ResolvedInputs {
  if (inputs.kind === 'examples') return examplesOf(setup.dataset, inputs)
  if (inputs.kind === 'repeated') return repeatedOf({ setup, network }, inputs)
  const { tokens, mask, answers } = inputs
  const [count, length] = tokens.shape as [number, number]
  const { n_ctx, d_vocab } = network.dims
  if (tokens.shape.length !== 2 || !(tokens.data instanceof Int32Array) || !(count > 0) || !(length >= 1 && length <= n_ctx)) {
    throw invalid(`tokens are [${tokens.shape}]; expected int32 [example, pos] with 1 to ${n_ctx} positions`)
  }
  const beyond = tokens.data.find((token) => token < 0 || token >= d_vocab)
  if (beyond !== undefined) throw invalid(`token ${beyond} is outside the vocabulary 0 to ${d_vocab - 1}`)
  if (mask && (!(mask.data instanceof Uint8Array) || mask.shape.join() !== tokens.shape.join())) {
    throw invalid(`the mask is [${mask.shape}]; expected uint8 [${tokens.shape}]`)
  }
  const isAnswering = (data: ArrayLike<number>): boolean => Array.from(data).every((c) => c >= -1 && c < network.dims.d_vocab_out)
  if (answers && (!(answers.data instanceof Int32Array) || answers.shape.join() !== tokens.shape.join() || !isAnswering(answers.data))) {
    throw invalid(`the answers are [${answers.shape}]; expected int32 [${tokens.shape}] of classes 0 to ${network.dims.d_vocab_out - 1}, or -1`)
  }
  const given = answers && { answers: answers.data as Int32Array } // checked above
  const padding = mask && { mask: mask.data as Uint8Array } // checked above
  return { sequences: { tokens: tokens.data, length, ...padding }, count, ...given, spec: { inputs: `${count} given sequences` } }
}

type ExampleInputs = Extract<Inputs, { kind: 'examples' }>

function examplesOf(dataset: Dataset, { split, first, count }: ExampleInputs): ResolvedInputs {
  const members = membersOf(dataset, split)
  const chosen = members.subarray(first, first + count)
  if (chosen.length === 0) {
    throw invalid(`split ${split} has ${members.length} examples; expected a first one below that, not ${first}`)
  }
  const { n_ctx, tokens, labels, scoredPositions } = dataset
  const rows = rowsOf(tokens, chosen, n_ctx)
  return {
    sequences: { tokens: rows, length: n_ctx },
    count: chosen.length,
    available: members.length,
    labels: rowsOf(labels, chosen, scoredPositions.length),
    spec: { inputs: `examples ${first} to ${first + chosen.length - 1} of split ${split}` },
  }
}

type RepeatedInputs = Extract<Inputs, { kind: 'repeated' }>

function repeatedOf({ setup, network }: Pick<Subject, 'setup' | 'network'>, { count, seed, length, shortest }: RepeatedInputs): ResolvedInputs {
  const start = commonStart(setup.dataset)
  const sequences = unwrap(repeatedTokens(network.dims, { count, seed, length, shortest, start }))
  const half = Math.floor(sequences.length / 2)
  const before = start === undefined ? '' : ` after ${setup.tokenText(start)}`
  const lengths = shortest === undefined || shortest >= half ? `${half}` : `${shortest} to ${half}`
  return { sequences, count, spec: { inputs: `${count} random sequences of ${lengths} tokens, repeated${before}`, inputsSeed: seed } }
}

/**
 * The class that is the answer of each place, [example, pos], -1 where there is none: the task's label where a position is
 * scored; of tokens that are no examples of the task the token that follows, where classes are tokens.
 */
export function answersOf({ setup: { dataset }, network }: Subject, { sequences, count, labels, answers: given }: ResolvedInputs): Int32Array {
  if (given) return given
  const { tokens, length, mask } = sequences
  const answers = new Int32Array(tokens.length).fill(-1)
  if (labels) {
    const { scoredPositions } = dataset
    for (let i = 0; i < labels.length; i++) {
      answers[Math.floor(i / scoredPositions.length) * length + scoredPositions[i % scoredPositions.length]!] = labels[i]!
    }
    return answers
  }
  for (let row = 0; row < count; row++) {
    for (let at = row * length; at < (row + 1) * length - 1; at++) {
      const isThere = mask === undefined || (mask[at] === 1 && mask[at + 1] === 1)
      if (isThere && tokens[at + 1]! < network.dims.d_vocab_out) answers[at] = tokens[at + 1]!
    }
  }
  return answers
}

/** Tokens as a person reads them. */
export function textsOf({ setup }: Subject, tokens: Int32Array): string[] {
  return Array.from(tokens, setup.tokenText)
}

export function membersOf({ splits, train, exampleCount }: Dataset, split: ExampleInputs['split']): Int32Array {
  if (split === 'all') return Int32Array.from({ length: exampleCount }, (_, example) => example)
  return split === 'train' ? train : splits[split]
}

function rowsOf(values: Int32Array, rows: Int32Array, width: number): Int32Array {
  const chosen = new Int32Array(rows.length * width)
  rows.forEach((row, i) => chosen.set(values.subarray(row * width, (row + 1) * width), i * width))
  return chosen
}

const invalid = (message: string): AppError => new AppError({ code: 'ARGUMENTS_INVALID', message })
