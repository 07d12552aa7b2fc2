/**
 * Path patching: how much a head acts through chosen receivers alone, and not through heads in between.
 *
 * With a base run and a donor run, for every sender head:
 * 1. Run the base prompts with the sender's z from the donor run and every other head's z frozen at the base run. MLPs
 *    and norms are computed anew (as in the paper), or MLPs are frozen too (as in the code of arXiv:2310.08744).
 *    Keep what arrives at the receivers: a head's q, k or v, or an MLP's input.
 * 2. Run the base prompts with nothing changed but the receivers, which get what was kept.
 *    With the logits as receiver the first run's logits are the answer: the direct effect.
 * 3. The sender's value is the mean over pairs of the metric of that run.
 *
 * A sender behind every receiver reaches none; its value is the base run's. An MLP's input is patched behind its first
 * matrix, at `mlp.hook_pre` (and `hook_pre_linear`), which is the same by linearity of that matrix.
 *
 * Source: arXiv:2211.00593 app. B.
 */
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { HookFunction, Hooks, Network } from '../models/network'
import type { Sweep } from './activation-patching'
import { defineAnalysis } from './analysis'
import { headChange } from './components/cell-patcher'
import { sequencesOf, type Pairs, type PairSlice } from './components/pairs'
import type { PatchMetric } from './components/patch-metric'
import { meanOf, recordPairs, rowsPerRun, slicesOf, type PatchDirection, type Recording } from './components/patch-recording'
import { cellsOf, hookOf, requireBlocks, withoutAttention, type Blocks, type Cell } from './components/patch-sites'

export interface Receiver {
  readonly kind: 'q' | 'k' | 'v' | 'mlp'
  readonly layer: number
  /** Every head of the layer when absent; an MLP has none. */
  readonly head?: number
}

export interface PathPlan {
  readonly pairs: Pairs
  readonly direction: PatchDirection
  readonly metric: PatchMetric
  readonly receivers: 'logits' | readonly Receiver[]
  /** Whether MLPs between sender and receivers are held at the base run. */
  readonly freezesMlps: boolean
  /** Position at which the sender is patched; every one when absent. */
  readonly senderPos?: number
}

export default defineAnalysis<PathPlan, Sweep>({
  id: 'path-patching',
  title: 'Path patching',
  definition:
    'For each sender head: (1) run the base prompts with the sender’s output z from the donor run and all other heads’ z ' +
    'frozen at the base run, and keep what arrives at the receivers; (2) run the base prompts with only the receivers so ' +
    'replaced. Value: mean metric over pairs of the second run; with the logits as receiver, of the first.',
  source: 'arXiv:2211.00593 app. B',
  unsuitable: withoutAttention,
  measure(network, plan) {
    const steps = pathSteps(network, plan)
    let next = steps.next()
    while (!next.done) next = steps.next()
    return next.value
  },
})

/** Yields values by [layer, head] of the sender so far, after every batch; the yielded values keep filling. */
export function* pathSteps(network: Network, plan: PathPlan): Generator<Sweep, Sweep> {
  const { pairs, receivers, senderPos } = plan
  const blocks = requireBlocks(network)
  const shape = [blocks.layerCount, blocks.headCount]
  const total = blocks.layerCount * blocks.headCount
  const values = new Float64Array(total).fill(NaN)
  const recording = recordPairs(network, pairs, { ...plan, ...hooksNeeded(plan, blocks) })
  let done = 0
  const sweep = (): Sweep => ({ values, axes: ['layer', 'head'], shape, baselines: recording.baselines, done, total })
  try {
    yield sweep()
    const rows = rowsPerRun(network, pairs.length)
    const size = Math.max(1, Math.floor(rows / pairs.count))
    for (let layer = blocks.layerCount - 1; layer >= 0; layer--) {
      const cells = cellsOf('layer-head', blocks, { layer, length: pairs.length })
      const senders = cells.map((cell) => (senderPos === undefined ? cell : { ...cell, pos: senderPos }))
      const reached = receivers === 'logits' ? receivers : receivers.filter((receiver) => isReached(receiver, layer))
      const run = createPathRun(network, recording, { plan, blocks, layer, reached })
      for (let i = 0; i < senders.length; i += size) {
        const group = senders.slice(i, i + size)
        const sums = new Float64Array(group.length)
        for (const slice of slicesOf(pairs, rows)) {
          const read = run(group, slice)
          for (let at = 0; at < read.length; at++) sums[Math.floor(at / slice.count)]! += read[at]!
          if (slice.count < pairs.count) yield sweep()
        }
        group.forEach(({ index }, at) => void (values[index] = sums[at]! / pairs.count))
        done += group.length
        yield sweep()
      }
    }
    return sweep()
  } finally {
    recording.dispose()
  }
}

/** A head reads what earlier layers write; an MLP also what its own layer's heads do. */
const isReached = ({ kind, layer }: Receiver, sender: number): boolean => (kind === 'mlp' ? layer >= sender : layer > sender)

function hooksNeeded({ freezesMlps }: PathPlan, { layerCount, kinds, afterAttention }: Blocks): {
  baseHooks: readonly string[]
  donorHooks: readonly string[]
} {
  const every = (of: (layer: number) => string): string[] => Array.from({ length: layerCount }, (_, layer) => of(layer))
  const z = every((layer) => hookOf('z', layer))
  const entries = [...every((layer) => hookOf(afterAttention, layer)), ...every((layer) => hookOf('resid_pre', layer))]
  const mlps = freezesMlps && kinds.includes('mlp_out') ? every((layer) => hookOf('mlp_out', layer)) : []
  return { baseHooks: [...z, ...entries, ...mlps], donorHooks: z }
}

interface PathRun {
  readonly plan: PathPlan
  readonly blocks: Blocks
  /** The senders' layer. */
  readonly layer: number
  readonly reached: PathPlan['receivers']
}

/** The metric of each sender's second run: [sender, pair]. */
function createPathRun(
  network: Network,
  recording: Recording,
  { plan, blocks, layer, reached }: PathRun,
): (senders: readonly Cell[], slice: PairSlice) => Float32Array {
  const { pairs, freezesMlps } = plan
  const { baseSide, reader } = recording
  const entry = hookOf(blocks.afterAttention, layer)
  const change = headChange(network, recording, { kind: 'z', grid: 'layer-head', layer, pairs })

  function frozen(slice: PairSlice, copies: number): Record<string, HookFunction> {
    const hooks: Record<string, HookFunction> = {}
    for (let later = layer; later < blocks.layerCount; later++) {
      const held = [...(later > layer ? [hookOf('z', later)] : []), ...(freezesMlps && blocks.kinds.includes('mlp_out') ? [hookOf('mlp_out', later)] : [])]
      for (const hook of held) hooks[hook] = () => tiled(recording.base(hook), slice, copies)
    }
    return hooks
  }

  function firstRun(senders: readonly Cell[], slice: PairSlice, watched: Hooks): Tensor {
    const base = recording.base(entry).slice([slice.first], [slice.count]).expandDims(0)
    const resid = base.add(change(senders, slice)).reshape([senders.length * slice.count, pairs.length, -1])
    const input = { ...sequencesOf(pairs, baseSide, slice, senders.length), from: { hook: entry, resid } }
    return network.run(input, { ...frozen(slice, senders.length), ...watched })
  }

  return (senders, slice) => {
    if (reached === 'logits') return scoped(() => valuesOf(reader.read(firstRun(senders, slice, {}), slice)))
    if (reached.length === 0) {
      const base = recording.baselines[baseSide].subarray(slice.first, slice.first + slice.count)
      return Float32Array.from({ length: senders.length * slice.count }, (_, i) => base[i % slice.count]!)
    }
    return scoped(() => {
      const arrived = new Map<string, Tensor>()
      const hooks = [...new Set(reached.flatMap((receiver) => receivingHooks(network, receiver)))]
      const watching = hooks.map((hook): [string, HookFunction] => [
        hook,
        (activation) => {
          arrived.set(hook, tf.keep(activation.clone()))
          return activation
        },
      ])
      firstRun(senders, slice, Object.fromEntries(watching))
      try {
        const first = hookOf('resid_pre', Math.min(...reached.map((receiver) => receiver.layer)))
        const resid = tiled(recording.base(first), slice, senders.length)
        const input = { ...sequencesOf(pairs, baseSide, slice, senders.length), from: { hook: first, resid } }
        const logits = network.run(input, replacing(network, reached, arrived))
        return valuesOf(reader.read(logits, slice))
      } finally {
        tf.dispose([...arrived.values()])
      }
    })
  }
}

function receivingHooks(network: Network, { kind, layer }: Receiver): readonly string[] {
  if (kind !== 'mlp') return [hookOf(kind, layer)]
  const mlp = `blocks.${layer}.mlp.`
  return network.hookPoints.map(({ name }) => name).filter((name) => name === `${mlp}hook_pre` || name === `${mlp}hook_pre_linear`)
}

/** Hooks that put what arrived at the receivers in place of what they compute. */
function replacing(network: Network, receivers: readonly Receiver[], arrived: ReadonlyMap<string, Tensor>): Hooks {
  const hooks: Record<string, HookFunction> = {}
  for (const [name, value] of arrived) {
    const heads = receivers.filter((receiver) => receivingHooks(network, receiver).includes(name)).map(({ head }) => head)
    hooks[name] = (activation) => {
      if (heads.includes(undefined)) return value
      const inside = Float32Array.from({ length: activation.shape[2]! }, (_, head) => (heads.includes(head) ? 1 : 0))
      const mask = tf.tensor(inside, [1, 1, inside.length, 1])                      // [batch, pos, head, d_head]
      return activation.mul(tf.sub(1, mask)).add(value.mul(mask))
    }
  }
  return hooks
}

function tiled(activation: Tensor, { first, count }: PairSlice, copies: number): Tensor {
  const rows = activation.slice([first], [count])
  return copies === 1 ? rows : tf.tile(rows, [copies, ...rows.shape.slice(1).map(() => 1)])
}

const valuesOf = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>() as Float32Array

/** What a sweep of values changed against the base run. */
export function effectsOf({ values, baselines }: Sweep, direction: PatchDirection): Float64Array {
  const base = meanOf(baselines[direction === 'denoise' ? 'corrupted' : 'clean'])
  return values.map((value) => value - base)
}
