/**
 * What a patched run is judged by, at the answer position of each pair: z logits, p = softmax z, A the right classes,
 * W the wrong ones.
 *
 *   logit-difference   mean of z over A - mean of z over W
 *   probability        sum of p over A
 *   kl-divergence      sum over classes of p_clean (log p_clean - log p), from the clean run to this one, in nats
 *   accuracy           1 if the largest logit is that of a class of A, else 0
 *
 * Source: arXiv:2309.16042 §3 (logit difference, probability, KL divergence).
 */
import { tf, type Tensor } from '../../../engine/tf'
import type { Pairs, PairSlice } from './pairs'

export const patchMetrics = ['logit-difference', 'probability', 'kl-divergence', 'accuracy'] as const
export type PatchMetric = (typeof patchMetrics)[number]

export const metricDefinitions: Readonly<Record<PatchMetric, string>> = {
  'logit-difference': 'mean logit of the right answers − mean logit of the wrong ones',
  probability: 'probability of the right answers together',
  'kl-divergence': 'KL(clean run ‖ this run) over all classes, in nats',
  accuracy: 'share of pairs whose largest logit is that of a right answer',
}

/** Judges logits [copies · pairs, 1, class] of a slice of the pairs: [copies, pairs]. Differentiable but for accuracy. */
export interface MetricReader {
  read(logits: Tensor, slice: PairSlice): Tensor
  dispose(): void
}

/** `cleanLogits` [pair, 1, class] are those of all pairs' clean runs; they stay the caller's. */
export function createMetric(metric: PatchMetric, pairs: Pairs, cleanLogits: Tensor): MetricReader {
  const [count, , classCount] = cleanLogits.shape as [number, number, number]
  const right = tf.keep(sharesOf(pairs.answers, classCount, metric === 'logit-difference'))
  const wrong = tf.keep(sharesOf(pairs.wrong, classCount, true))
  const cleanLog = tf.keep(tf.tidy(() => tf.logSoftmax(cleanLogits.reshape([count, classCount]))))
  return {
    read(logits, { first, count: rows }) {
      const part = (of: Tensor): Tensor => of.slice([first, 0], [rows, classCount]).expandDims(0)  // [1, pair, class]
      const z = logits.reshape([-1, rows, classCount])                              // [copy, pair, class]
      switch (metric) {
        case 'logit-difference':
          return z.mul(part(right).sub(part(wrong))).sum(2)
        case 'probability':
          return tf.softmax(z).mul(part(right)).sum(2)
        case 'kl-divergence':
          return part(cleanLog).exp().mul(part(cleanLog).sub(tf.logSoftmax(z))).sum(2)
        case 'accuracy':
          return tf.oneHot(tf.argMax(z, 2).toInt(), classCount).toFloat().mul(part(right)).sum(2)
      }
    },
    dispose: () => tf.dispose([right, wrong, cleanLog]),
  }
}

/** Rows with 1 at each class of a pair, or its share of 1: [pair, class]. */
function sharesOf(classes: Pairs['answers'], classCount: number, areShares: boolean): Tensor {
  const values = new Float32Array(classes.length * classCount)
  classes.forEach((of, pair) => {
    for (let i = 0; i < of.length; i++) values[pair * classCount + of[i]!] = areShares ? 1 / of.length : 1
  })
  return tf.tensor2d(values, [classes.length, classCount])
}
