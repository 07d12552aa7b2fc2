/**
 * A probe measures one or several scalars of a network in training, without side effects: parameters, optimizer state
 * and random numbers are the same after as before. What several probes need (predictions on every example, the last
 * gradient) is computed at most once per step and shared.
 *
 * A probe with parts yields series named `probe.part` (`accuracy.test`), one without yields `probe` (`weight-norm`).
 */
import type { FloatArray } from '../../base/array'
import type { Dataset, SplitName } from '../tasks/task'

/** How one split fares: mean loss, share predicted as the label, share predicted as the true label. */
export interface SplitEvaluation {
  readonly loss: number
  readonly accuracy: number
  readonly trueLabelShare: number
  readonly count: number
}

/** Values in the order of the hook point's axes. */
export interface Activation {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface ProbeContext {
  readonly step: number
  readonly dataset: Dataset
  /** Parameters as plain arrays, read from the backend on first use. */
  params(): Readonly<Record<string, FloatArray>>
  /** Evaluation mode, all examples, on first use. An empty split has count 0 and zeros. */
  evaluation(): Readonly<Record<SplitName | 'train', SplitEvaluation>>
  /** Root mean square of the logits over all examples and classes; from the same pass as `evaluation`. */
  logitScale(): number
  /** Logits [place, d_vocab_out] of every example in evaluation mode, by a forward pass of their own on first use. */
  logits(): Float32Array
  /** The run's mean loss of logits [row, d_vocab_out] against a label each. */
  lossOf(logits: Float32Array, labels: Int32Array): number
  /** Activations at hook points of the model, by name, on tokens [batch, n_ctx], in evaluation mode. */
  record(tokens: Int32Array, names: readonly string[]): Readonly<Record<string, Activation>>
  /** L2 norm over all gradients of the last training step; undefined at step 0. */
  gradientNorm(): number | undefined
}

export interface ProbePart {
  readonly id: string
  readonly title: string
}

export interface Probe {
  readonly id: string
  readonly title: string
  readonly help: string
  /** Unit of the values; '1' for a ratio or count. */
  readonly unit: string
  readonly source: string
  /** Empty for a probe of a single series. */
  readonly parts: readonly ProbePart[]
  /** Values by part id, or by '' for a single series. A part that does not apply to network or task is left out. */
  measure(ctx: ProbeContext): Readonly<Record<string, number>>
}

export function defineProbe(probe: Probe): Probe {
  return Object.freeze(probe)
}

/** Series id of a part: `accuracy.test`, or the probe's own id for the part ''. */
export function seriesId(probe: Probe, part: string): string {
  return part === '' ? probe.id : `${probe.id}.${part}`
}
