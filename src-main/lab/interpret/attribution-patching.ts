/**
 * Attribution patching: what activation patching would do to the metric, to first order, for every cell of every grid at
 * the cost of two forward passes and one backward pass.
 *
 *   estimate(site) = sum over the site of (donor - base) · d metric / d activation, at the base run
 *
 * 1. Every layer's hook point of the kind gets a delta of zeros added to its activation.
 * 2. The gradient of the metric, summed over pairs, with respect to the deltas is that with respect to the activations.
 * 3. Sum over what the cell leaves open, mean over pairs.
 *
 * Exact where the metric is linear in the activation: without a norm, for the last resid_post and the logit difference.
 * Two metrics say nothing: accuracy has no gradient, and the KL divergence from the clean run is least, and so flat, at
 * the clean run itself.
 *
 * Source: Nanda, "Attribution patching", 2023; arXiv:2310.10348 eq. 1.
 */
import { scoped, tf, type Scalar, type Tensor } from '../../engine/tf'
import type { HookFunction, Network } from '../models/network'
import type { Sweep, SweepPlan } from './activation-patching'
import { defineAnalysis } from './analysis'
import { sequencesOf, type PairSlice } from './components/pairs'
import type { PatchMetric } from './components/patch-metric'
import { meanOf, recordPairs, rowsPerRun, slicesOf, type PatchDirection, type Recording } from './components/patch-recording'
import { axesOf, gridShape, hasHeads, hookOf, requireBlocks, withoutAttention } from './components/patch-sites'

export default defineAnalysis<SweepPlan, Sweep>({
  id: 'attribution-patching',
  title: 'Attribution patching',
  definition:
    'First-order estimate of activation patching: the base run’s mean metric + the mean over pairs of ' +
    'Σ (a_donor − a_base) · ∂m/∂a, summed over the cell, with the gradient of the metric m taken at the base run.',
  source: 'Nanda 2023, “Attribution patching”; arXiv:2310.10348 eq. 1',
  unsuitable: withoutAttention,
  measure(network, plan) {
    const { pairs, kind, grid, direction } = plan
    const blocks = requireBlocks(network)
    const layers = Array.from({ length: blocks.layerCount }, (_, layer) => layer)
    const hooks = layers.map((layer) => hookOf(kind, layer))
    const recording = recordPairs(network, pairs, { ...plan, baseHooks: hooks, donorHooks: hooks })
    try {
      const sums = layers.map(() => new Float64Array(pairs.length * (hasHeads(kind) ? blocks.headCount : 1)))
      for (const slice of slicesOf(pairs, rowsPerRun(network, pairs.length))) {
        const parts = scoped(() => estimatesOf(network, recording, { plan, hooks, slice }).map((part) => part.dataSync()))
        parts.forEach((part, layer) => part.forEach((value, i) => void (sums[layer]![i]! += value)))
      }
      const shape = gridShape(grid, blocks, pairs.length)
      const baseline = meanOf(recording.baselines[direction === 'denoise' ? 'corrupted' : 'clean'])
      const cells = sums.flatMap((of) => [...onGrid(of, plan, hasHeads(kind) ? blocks.headCount : 1)])
      const values = Float64Array.from(cells, (sum) => baseline + sum / pairs.count)
      return { values, axes: axesOf(grid), shape, baselines: recording.baselines, done: values.length, total: values.length }
    } finally {
      recording.dispose()
    }
  },
})

/** Why the gradient of the metric says nothing here; undefined where it does. */
export function withoutAttribution(metric: PatchMetric, direction: PatchDirection): string | undefined {
  if (metric === 'accuracy') return 'accuracy has no gradient'
  if (metric === 'kl-divergence' && direction === 'noise') return 'the KL divergence is flat at the clean run, where it is least'
  return undefined
}

interface Estimated {
  readonly plan: SweepPlan
  /** One hook point a layer. */
  readonly hooks: readonly string[]
  readonly slice: PairSlice
}

/** Σ over pairs of (donor − base) · gradient, one tensor a layer: [pos] or [pos, head]. */
function estimatesOf(network: Network, recording: Recording, { plan, hooks, slice }: Estimated): Tensor[] {
  const { pairs, kind } = plan
  const { baseSide, reader } = recording
  const rows = (activation: Tensor): Tensor => activation.slice([slice.first], [slice.count])
  const metricUnder = (...deltas: Tensor[]): Scalar => {
    const added = hooks.map((hook, i): [string, HookFunction] => [hook, (activation) => activation.add(deltas[i]!)])
    const logits = network.run(sequencesOf(pairs, baseSide, slice), Object.fromEntries(added))
    return reader.read(logits, slice).sum()
  }
  const zeros = hooks.map((hook) => tf.zerosLike(rows(recording.base(hook))))
  const gradients = tf.grads(metricUnder)(zeros)
  return hooks.map((hook, i) => {
    const product = rows(recording.donor(hook)).sub(rows(recording.base(hook))).mul(gradients[i]!).sum(0)
    const summed = product.sum(-1)                                                  // [pos], [pos, head] or [head, query_pos]
    return kind === 'pattern' ? summed.transpose() : summed
  })
}

/** A layer's estimates [pos, head] summed over what the grid's cells leave open, in their order. */
function onGrid(estimates: Float64Array, { pairs: { length }, grid }: SweepPlan, headCount: number): Float64Array {
  const cells = new Float64Array({ 'layer-pos': length, 'layer-head': headCount, 'layer-head-pos': headCount * length }[grid])
  estimates.forEach((value, i) => {
    const pos = Math.floor(i / headCount)
    const head = i % headCount
    const cell = { 'layer-pos': pos, 'layer-head': head, 'layer-head-pos': head * length + pos }[grid]
    cells[cell]! += value
  })
  return cells
}
