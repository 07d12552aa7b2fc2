/** What the claims about neurons look at, computed once per trained arm. */
import { createPruner, type PrunedAccuracies } from '../../interpret/pruning'
import { pruneOrder } from '../../interpret/components/prune-order'
import fourier, { type NeuronSpectra } from '../../interpret/fourier'
import type { ArmEvidence } from '../claim'
import { oncePerArm } from './once-per-arm'

export interface Inspection {
  readonly neurons: NeuronSpectra
  /** Accuracies of the whole network. */
  readonly whole: PrunedAccuracies
  /** Without every neuron of IPR below the generalizing threshold. */
  readonly withoutLow: PrunedAccuracies
  /** Without the fifth of the neurons with the highest IPR. */
  readonly withoutHigh: PrunedAccuracies
}

export const inspect = oncePerArm((arm): Inspection => {
  const neurons = fourier.measure(arm.final, {})
  const pruner = createPruner(arm.final, arm.dataset)
  const without = (removed: Iterable<number>): PrunedAccuracies => {
    pruner.become(removed)
    return pruner.accuracies()
  }
  const { generalizingIpr } = neurons.thresholds
  const low = [...neurons.ipr.data.keys()].filter((k) => neurons.ipr.data[k]! < generalizingIpr)
  const high = pruneOrder(neurons, { order: 'ipr-descending' }).subarray(0, Math.round(neurons.count / 5))
  return { neurons, whole: without([]), withoutLow: without(low), withoutHigh: without(high) }
})

/** Shares of neurons on either side of the role thresholds and between them. */
export function iprShares({ ipr, thresholds, count }: NeuronSpectra): { low: number; between: number; high: number } {
  const share = (test: (value: number) => boolean): number => ipr.data.filter(test).length / count
  const low = share((value) => value < thresholds.memorizingIpr)
  const high = share((value) => value >= thresholds.generalizingIpr)
  return { low, between: 1 - low - high, high }
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return values.length === 0 ? 0 : sum / values.length
}

/** Pearson correlation; 0 when either side is constant. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const meanX = mean(x)
  const meanY = mean(y)
  let xx = 0
  let yy = 0
  let xy = 0
  for (let i = 0; i < x.length; i++) {
    xx += (x[i]! - meanX) ** 2
    yy += (y[i]! - meanY) ** 2
    xy += (x[i]! - meanX) * (y[i]! - meanY)
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy)
}

/** Share of the errors an accuracy leaves that a second one no longer makes; 0 when there were none. */
export function errorsRemoved(before: number, after: number): number {
  return before === 1 ? 0 : (after - before) / (1 - before)
}

/** Train accuracy beyond 1 - xi, the share of uncorrupted labels. xi as the dataset has it. */
export function excessOver(arm: ArmEvidence, accuracy: number): number {
  const { train, splits } = arm.dataset
  return accuracy - (1 - splits.trainCorrupted.length / train.length)
}

