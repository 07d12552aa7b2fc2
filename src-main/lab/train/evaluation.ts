/**
 * How a network fares on every split, from one forward pass over all examples.
 *
 * Losses and accuracies are over places: an example scored at several positions counts once for each.
 * The pass runs in slices, so that a large modulus does not need the activations and logits of all pairs at once. A
 * slice gives the predicted classes of its examples and, split by split, their mean loss; accuracies follow from the
 * classes, the loss of a split is the mean over its slices weighted by how many of its examples each holds.
 */
import { countCorrect, predictedClasses } from '../../engine/ops/correct-count'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { SplitEvaluation } from '../probes/probe'
import { placesOf, splitNames, type Dataset, type SplitName } from '../tasks/task'

export interface Evaluation {
  readonly splits: Readonly<Record<SplitName | 'train', SplitEvaluation>>
  /** Root mean square of the logits over all examples and classes. */
  readonly logitScale: number
}

/** Keeps the memory of a pass below that of a training step. */
const defaultSliceExamples = 4_096

export interface Evaluator {
  /** Logits [batch · scored, d_vocab_out] of a batch of tokens, in evaluation mode. */
  readonly logitsOf: (tokens: Tensor) => Tensor
  /** Mean loss of logits against labels. */
  readonly lossOf: (logits: Tensor, labels: Tensor) => Tensor
  /** Examples a slice holds at most. */
  readonly sliceExamples?: number
}

export function evaluate(dataset: Dataset, evaluator: Evaluator): Evaluation {
  const { exampleCount, labels, trueLabels, splits, scoredPositions } = dataset
  const placeCount = exampleCount * scoredPositions.length
  const { sliceExamples = defaultSliceExamples } = evaluator
  const predicted = new Int32Array(placeCount)
  const lossSums: Record<SplitName, number> = { trainClean: 0, trainCorrupted: 0, test: 0 }
  let logitSquares = 0
  for (let start = 0; start < exampleCount; start += sliceExamples) {
    const slice = { start, end: Math.min(exampleCount, start + sliceExamples) }
    logitSquares += evaluateSlice(dataset, evaluator, { slice, predicted, lossSums })
  }

  function evaluationOf(split: SplitName): SplitEvaluation {
    const members = placesOf(splits[split], dataset)
    const count = members.length
    if (count === 0) return { loss: 0, accuracy: 0, trueLabelShare: 0, count }
    return {
      loss: lossSums[split] / count,
      accuracy: countCorrect(predicted, labels, members) / count,
      trueLabelShare: countCorrect(predicted, trueLabels, members) / count,
      count,
    }
  }

  const trainClean = evaluationOf('trainClean')
  const trainCorrupted = evaluationOf('trainCorrupted')
  return {
    splits: { trainClean, trainCorrupted, test: evaluationOf('test'), train: together(trainClean, trainCorrupted) },
    logitScale: Math.sqrt(logitSquares / (placeCount * dataset.d_vocab_out)),
  }
}

/** Logits [place, d_vocab_out] of every example. */
export function allLogits(dataset: Dataset, { logitsOf, sliceExamples = defaultSliceExamples }: Evaluator): Float32Array {
  const { exampleCount, tokens, n_ctx, scoredPositions, d_vocab_out } = dataset
  const logits = new Float32Array(exampleCount * scoredPositions.length * d_vocab_out)
  const perExample = scoredPositions.length * d_vocab_out
  for (let start = 0; start < exampleCount; start += sliceExamples) {
    const end = Math.min(exampleCount, start + sliceExamples)
    const slice = tokens.subarray(start * n_ctx, end * n_ctx)
    scoped(() => logits.set(logitsOf(tf.tensor2d(slice, [end - start, n_ctx], 'int32')).dataSync<'float32'>(), start * perExample))
  }
  return logits
}

/** Mean loss of logits [row, class] against a label each. */
export function lossOfArrays({ lossOf }: Evaluator, logits: Float32Array, labels: Int32Array): number {
  const shape: [number, number] = [labels.length, logits.length / labels.length]
  return scoped(() => lossOf(tf.tensor2d(logits, shape), tf.tensor1d(labels, 'int32')).dataSync()[0]!)
}

interface SliceOutput {
  /** Examples from `start` up to, not including, `end`. */
  readonly slice: { readonly start: number; readonly end: number }
  readonly predicted: Int32Array
  /** Loss times number of places, by split. */
  readonly lossSums: Record<SplitName, number>
}

/** Returns the sum of squares of the slice's logits. */
function evaluateSlice(dataset: Dataset, evaluator: Evaluator, { slice, predicted, lossSums }: SliceOutput): number {
  const { tokens, n_ctx, scoredPositions } = dataset
  const { start, end } = slice
  const firstPlace = start * scoredPositions.length
  return scoped(() => {
    const input = tf.tensor2d(tokens.subarray(start * n_ctx, end * n_ctx), [end - start, n_ctx], 'int32')
    const logits = tf.tidy(() => evaluator.logitsOf(input))                       // [place, d_vocab_out]
    predicted.set(predictedClasses(logits), firstPlace)
    for (const split of splitNames) {
      const examples = dataset.splits[split].filter((example) => example >= start && example < end)
      const members = placesOf(examples, dataset)
      if (members.length > 0) lossSums[split] += members.length * lossOfMembers(dataset, evaluator, { members, logits, firstPlace })
    }
    return logits.square().sum().dataSync()[0]!
  })
}

function lossOfMembers(
  { labels }: Dataset,
  { lossOf }: Evaluator,
  { members, logits, firstPlace }: { readonly members: Int32Array; readonly logits: Tensor; readonly firstPlace: number },
): number {
  return scoped(() => {
    const rows = tf.gather(logits, tf.tensor1d(members.map((place) => place - firstPlace), 'int32'))
    const wanted = tf.tensor1d(members.map((place) => labels[place]!), 'int32')
    return lossOf(rows, wanted).dataSync()[0]!
  })
}

/** Two splits as one: means weighted by their sizes. */
function together(x: SplitEvaluation, y: SplitEvaluation): SplitEvaluation {
  const count = x.count + y.count
  if (count === 0) return x
  const mean = (key: 'loss' | 'accuracy' | 'trueLabelShare'): number => (x[key] * x.count + y[key] * y.count) / count
  return { loss: mean('loss'), accuracy: mean('accuracy'), trueLabelShare: mean('trueLabelShare'), count }
}
