/**
 * How a network fares on every split, from one forward pass over all examples.
 *
 * Loss needs logits by split, accuracy only the predicted classes; the pass runs in slices, so that a large modulus
 * does not need the hidden activations of all pairs at once.
 */
import { countCorrect, predictedClasses } from '../../engine/ops/correct-count'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { SplitEvaluation } from '../probes/probe'
import { splitNames, type Dataset, type SplitName } from '../tasks/task'

export type Evaluation = Readonly<Record<SplitName | 'train', SplitEvaluation>>

const sliceExamples = 16_384

export interface Evaluator {
  /** Logits of a batch of tokens, in evaluation mode. */
  readonly logitsOf: (tokens: Tensor) => Tensor
  /** Mean loss of logits against labels. */
  readonly lossOf: (logits: Tensor, labels: Tensor) => Tensor
}

export function evaluate(dataset: Dataset, { logitsOf, lossOf }: Evaluator): Evaluation {
  return scoped(() => {
    const logits = allLogits(dataset, logitsOf)                          // [example, d_vocab_out]
    const predicted = predictedClasses(logits)
    const bySplit = splitNames.map((name): [SplitName, SplitEvaluation] => {
      const members = dataset.splits[name]
      return [name, evaluateSplit(dataset, { members, logits, predicted, lossOf })]
    })
    const splits = Object.fromEntries(bySplit) as Record<SplitName, SplitEvaluation> // one entry a split name
    return { ...splits, train: together(splits.trainClean, splits.trainCorrupted) }
  })
}

function allLogits({ tokens, exampleCount, n_ctx }: Dataset, logitsOf: Evaluator['logitsOf']): Tensor {
  const slices: Tensor[] = []
  for (let start = 0; start < exampleCount; start += sliceExamples) {
    const count = Math.min(sliceExamples, exampleCount - start)
    const slice = tokens.subarray(start * n_ctx, (start + count) * n_ctx)
    slices.push(tf.tidy(() => logitsOf(tf.tensor2d(slice, [count, n_ctx], 'int32'))))
  }
  return slices.length === 1 ? slices[0]! : tf.concat(slices)
}

interface SplitInput {
  readonly members: Int32Array
  readonly logits: Tensor
  readonly predicted: Int32Array
  readonly lossOf: Evaluator['lossOf']
}

function evaluateSplit(dataset: Dataset, { members, logits, predicted, lossOf }: SplitInput): SplitEvaluation {
  const count = members.length
  if (count === 0) return { loss: 0, accuracy: 0, trueLabelShare: 0, count }
  const loss = scoped(() => {
    const rows = tf.gather(logits, tf.tensor1d(members, 'int32'))        // [member, d_vocab_out]
    const labels = Int32Array.from(members, (example) => dataset.labels[example]!)
    return lossOf(rows, tf.tensor1d(labels, 'int32')).dataSync()[0]!
  })
  return {
    loss,
    accuracy: countCorrect(predicted, dataset.labels, members) / count,
    trueLabelShare: countCorrect(predicted, dataset.trueLabels, members) / count,
    count,
  }
}

/** Two splits as one: means weighted by their sizes. */
function together(x: SplitEvaluation, y: SplitEvaluation): SplitEvaluation {
  const count = x.count + y.count
  if (count === 0) return x
  const mean = (key: 'loss' | 'accuracy' | 'trueLabelShare'): number => (x[key] * x.count + y[key] * y.count) / count
  return { loss: mean('loss'), accuracy: mean('accuracy'), trueLabelShare: mean('trueLabelShare'), count }
}
