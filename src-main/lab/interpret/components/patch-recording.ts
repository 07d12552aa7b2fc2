/**
 * What a sweep knows before it patches anything: the activations of the clean and the corrupted run that it needs, and
 * what the metric makes of either. Runs go through the network a slice of pairs at a time, so that memory stays bounded.
 *
 *   denoise   base: corrupted run, donor: clean run       which activations suffice to restore the answer
 *   noise     base: clean run, donor: corrupted run       which activations the answer cannot do without
 *
 * Source of the terms: arXiv:2404.15255 §2.
 */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import type { Network } from '../../models/network'
import { sequencesOf, type Pairs, type PairSlice, type Side } from './pairs'
import { createMetric, type MetricReader, type PatchMetric } from './patch-metric'

export const patchDirections = ['denoise', 'noise'] as const
export type PatchDirection = (typeof patchDirections)[number]

export const baseSideOf = (direction: PatchDirection): Side => (direction === 'denoise' ? 'corrupted' : 'clean')

/** The metric of every pair, unpatched. */
export interface Baselines {
  readonly clean: Float64Array
  readonly corrupted: Float64Array
}

export interface Recording {
  readonly baseSide: Side
  /** Activations of all pairs, [pair, …]; they end with the recording. */
  base(hook: string): Tensor
  donor(hook: string): Tensor
  readonly reader: MetricReader
  readonly baselines: Baselines
  dispose(): void
}

export interface RecordingOptions {
  readonly direction: PatchDirection
  readonly metric: PatchMetric
  readonly baseHooks: readonly string[]
  readonly donorHooks: readonly string[]
}

export function recordPairs(
  network: Network,
  pairs: Pairs,
  { direction, metric, baseHooks, donorHooks }: RecordingOptions,
): Recording {
  const baseSide = baseSideOf(direction)
  const donorSide = baseSide === 'clean' ? 'corrupted' : 'clean'
  const base = recordSide(network, pairs, baseSide, baseHooks)
  const donor = recordSide(network, pairs, donorSide, donorHooks)
  const ofSide = { [baseSide]: base, [donorSide]: donor } as Record<Side, typeof base> // both sides are named
  const reader = createMetric(metric, pairs, ofSide.clean.logits)
  const all = { first: 0, count: pairs.count }
  const read = (logits: Tensor): Float64Array => scoped(() => Float64Array.from(reader.read(logits, all).dataSync()))
  const baselines = { clean: read(ofSide.clean.logits), corrupted: read(ofSide.corrupted.logits) }
  tf.dispose([base.logits, donor.logits])
  return {
    baseSide,
    base: (hook) => base.activations.get(hook)!, // recorded for every name that was asked for
    donor: (hook) => donor.activations.get(hook)!,
    reader,
    baselines,
    dispose() {
      reader.dispose()
      tf.dispose([...base.activations.values(), ...donor.activations.values()])
    },
  }
}

function recordSide(
  network: Network,
  pairs: Pairs,
  side: Side,
  hooks: readonly string[],
): { readonly logits: Tensor; readonly activations: ReadonlyMap<string, Tensor> } {
  const parts = slicesOf(pairs, rowsPerRun(network, pairs.length)).map((slice) => {
    return network.record(sequencesOf(pairs, side, slice), hooks)
  })
  const joined = (tensors: readonly Tensor[]): Tensor => {
    if (tensors.length === 1) return tensors[0]!
    const whole = tf.concat([...tensors], 0)
    tf.dispose([...tensors])
    return whole
  }
  const activations = hooks.map((hook) => [hook, joined(parts.map(({ cache }) => cache.get(hook)!))] as const)
  return { logits: joined(parts.map(({ logits }) => logits)), activations: new Map(activations) }
}

/** Numbers of the largest activation of a run: beyond a few MB a run leaves the processor's cache and gains nothing. */
const largestActivation = 2 ** 20

/** How many sequences go through the network at once. */
export function rowsPerRun(network: Network, length: number): number {
  const perSequence = network.hookPoints.map(({ axes, shape }) =>
    shape.reduce((product, n, i) => product * (axes[i + 1]!.endsWith('pos') ? Math.min(n, length) : n), 1),
  )
  return Math.max(1, Math.floor(largestActivation / Math.max(...perSequence)))
}

export function slicesOf({ count }: Pairs, rows: number): readonly PairSlice[] {
  const slices: PairSlice[] = []
  for (let first = 0; first < count; first += rows) slices.push({ first, count: Math.min(rows, count - first) })
  return slices
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
