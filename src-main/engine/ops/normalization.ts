/**
 * LayerNorm and RMSNorm over the last axis, without learned weights.
 *
 *   centred   y = (x - mean x) / sqrt( mean((x - mean x)^2) + epsilon )
 *   else      y = x / sqrt( mean(x^2) + epsilon )
 *   dx = ( dy - mean(dy) - y mean(dy y) ) / scale, the first mean only where x was centred
 *
 * One pass forward and one backward where the backend has a kernel; a second derivative runs composed.
 * Source: arXiv:1607.06450 eq. 4, arXiv:1910.07467 eq. 4.
 */
import { assert } from '../../base/assert'
import { tf, type Tensor } from '../tf'
import { runFused } from './array-kernel'
import { gradientOp } from './gradient-op'
import { isDifferentiatedTwice } from './second-derivative'

export interface NormalizationSettings {
  /** Subtracts each row's mean first. */
  readonly isCentred: boolean
  readonly epsilon: number
}

export function normalizedRows(x: Tensor, settings: NormalizationSettings): Tensor {
  assert(x.rank > 0 && x.shape.at(-1)! > 0, `normalization needs rows, got [${x.shape}]`)
  if (isDifferentiatedTwice() || !tf.getKernel('Normalize', tf.getBackend())) return composedNormalizedRows(x, settings)
  const isCentred = settings.isCentred ? 1 : 0
  return gradientOp(x, [], (input) => {
    const [value, scales] = runFused('Normalize', { x: input }, { isCentred, epsilon: settings.epsilon }) as [Tensor, Tensor]
    return {
      value,
      saved: [value, scales],
      gradient: (dy, [y, kept]) => runGradient({ dy, y: y!, scales: kept! }, isCentred),
    }
  })
}

export interface Normalized {
  readonly rows: Tensor
  /** What each row was divided by: [..., 1]. */
  readonly scales: Tensor
}

/** The rows and what they were divided by, from one kernel. Undefined without one, and where a gradient is wanted. */
export function rowsAndScales(x: Tensor, { isCentred, epsilon }: NormalizationSettings): Normalized | undefined {
  if (tf.engine().state.gradientDepth > 0) return undefined
  const made = runFused('Normalize', { x }, { isCentred: isCentred ? 1 : 0, epsilon })
  return made && { rows: made[0]!, scales: made[1]! }
}

export function composedNormalizedRows(x: Tensor, { isCentred, epsilon }: NormalizationSettings): Tensor {
  const centred = isCentred ? x.sub(x.mean(-1, true)) : x
  return centred.div(centred.square().mean(-1, true).add(epsilon).sqrt())
}

function runGradient(inputs: Readonly<Record<'dy' | 'y' | 'scales', Tensor>>, isCentred: number): Tensor {
  return tf.engine().runKernel('NormalizeGradient', inputs, { isCentred })
}
