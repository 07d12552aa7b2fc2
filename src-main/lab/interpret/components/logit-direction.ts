/**
 * The direction of the residual stream that a logit, or a difference of logits, reads, with the final norm frozen.
 * direct-logit-attribution.ts has the formula.
 */
import { assert } from '../../../base/assert'
import { tf, type Tensor } from '../../../engine/tf'
import { centresNorm, hasNormWeights } from '../../models/components/transformer-fields'
import type { Network } from '../../models/network'
import { transformerSettings } from './head-weights'

export interface DirectionInput {
  /** [batch, d_vocab_out] at the attributed positions. */
  readonly logits: Tensor
  /** The final norm's scale there, [batch, 1]; undefined without a norm. */
  readonly scale: Tensor | undefined
  readonly answers: Int32Array
  readonly target: 'logit' | 'against-mean' | 'against-runner-up' | Int32Array
}

export interface Direction {
  /** [batch, d_model] */
  readonly g: Tensor
  /** Sum over the batch of the logit, or difference, that the forward pass has. */
  readonly logit: number
  /** Sums over the batch of what depends on no component: `ln_final.b`, `b_U`. */
  readonly constants: Readonly<Record<string, number>>
  /** Class compared with, where it is one. */
  readonly against: Int32Array | undefined
  /** A parameter as a tensor of the scope around. */
  weight(name: string): Tensor
}

/** The caller is inside a scope. */
export function attributionDirection(network: Network, { logits, scale, answers, target }: DirectionInput): Direction {
  const settings = transformerSettings(network)
  const weight = (name: string): Tensor => {
    const found = network.arrays[name]
    assert(found, `network has no parameter '${name}'`)
    return tf.tensor(found.data, [...found.shape], 'float32')
  }
  const against = target instanceof Int32Array ? target : target === 'against-runner-up' ? runnersUp(logits, answers) : undefined
  /** Of an array [batch or 1, d_vocab_out, …] by class: the answer's, minus what it is compared with. */
  const chosen = (byClass: Tensor): Tensor => {
    const own = tf.gather(byClass, tf.tensor1d(answers, 'int32'))
    if (against) return own.sub(tf.gather(byClass, tf.tensor1d(against, 'int32')))
    return target === 'against-mean' ? own.sub(byClass.mean(0)) : own
  }
  const columns = settings.tiedUnembedding ? weight('W_E') : weight('W_U').transpose()  // [d_vocab_out, d_model]
  const u = chosen(columns)                                                             // [batch, d_model]
  const weighted = hasNormWeights(settings) ? u.mul(weight('ln_final.w')) : u
  const centred = centresNorm(settings) ? weighted.sub(weighted.mean(-1, true)) : weighted
  const g = scale ? centred.div(scale) : centred
  const total = (values: Tensor): number => values.sum().dataSync()[0]!
  const hasNormBias = hasNormWeights(settings) && centresNorm(settings)
  return {
    g,
    weight,
    against,
    logit: total(logitsOf(logits, { answers, against, isAgainstMean: target === 'against-mean' })),
    constants: {
      ...(hasNormBias && { 'ln_final.b': total(u.mul(weight('ln_final.b'))) }),
      ...(settings.biases && { b_U: total(chosen(weight('b_U'))) }),
    },
  }
}

interface Wanted {
  readonly answers: Int32Array
  readonly against: Int32Array | undefined
  readonly isAgainstMean: boolean
}

/** The attributed logit of each row: [batch]. */
function logitsOf(logits: Tensor, { answers, against, isAgainstMean }: Wanted): Tensor {
  const width = logits.shape[1]!
  const at = (classes: Int32Array): Tensor => logits.mul(tf.oneHot(tf.tensor1d(classes, 'int32'), width)).sum(1)
  if (against) return at(answers).sub(at(against))
  return isAgainstMean ? at(answers).sub(logits.mean(1)) : at(answers)
}

/** The likeliest class of each row that is not the answer; the lowest on a tie. */
function runnersUp(logits: Tensor, answers: Int32Array): Int32Array {
  const width = logits.shape[1]!
  const values = logits.dataSync()
  return answers.map((answer, row) => {
    let best = -1
    for (let c = 0; c < width; c++) {
      if (c !== answer && (best < 0 || values[row * width + c]! > values[row * width + best]!)) best = c
    }
    return best
  })
}
