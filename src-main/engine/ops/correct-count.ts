/**
 * Classes a network predicts, and how many of them are right.
 *
 * The prediction is the first class of the largest logit. Reading back the classes instead of the logits moves
 * d_vocab_out times less memory, and every split's accuracy follows from one reading.
 *
 * Axes: logits [batch, d_vocab_out].
 */
import { assert } from '../../base/assert'
import { scoped, type Tensor } from '../tf'

export function predictedClasses(logits: Tensor): Int32Array {
  assert(logits.rank === 2, `predictions need logits [batch, class], got [${logits.shape}]`)
  return scoped(() => Int32Array.from(logits.argMax(1).dataSync()))
}

/** How many of the examples in `members` have the wanted class. */
export function countCorrect(predicted: Int32Array, wanted: Int32Array, members: Int32Array): number {
  let correct = 0
  for (let i = 0; i < members.length; i++) {
    if (predicted[members[i]!] === wanted[members[i]!]) correct++
  }
  return correct
}
