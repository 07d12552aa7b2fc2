/**
 * Runs a transformer with any set of its edges ablated, exactly; several sets at once, a copy of the batch each.
 *
 *   reader's stream = stream + sum over its edges of share ablated · (substitute of the writer - what it writes in this run)
 *
 * 1. The substitutes are fixed beforehand: the corrupted run's writes (resample), their mean over sequences, or zero.
 * 2. During a run every write is caught at its hook point; at each reader's hook point the differences of the writers read
 *    so far are summed with the shares in one product a copy: [reader, writer] × [writer, batch · pos · d_model], or one a
 *    position where positions have edges of their own.
 *
 * With every edge ablated and the corrupted run's writes as substitutes the logits are the corrupted run's; with none they
 * are the clean run's. Both hold up to rounding, whatever the network.
 *
 * Memory: all writes of one batch, (1 + layers · (heads + 1)) · batch · pos · d_model numbers, twice.
 * Source: arXiv:2304.14997 §3, arXiv:2310.10348 §2.
 */
import type { FloatArray } from '../../../base/array'
import { tf, type Tensor } from '../../../engine/tf'
import type { HookFunction, Hooks, Network, Sequences } from '../../models/network'
import type { CircuitGraph, Reader, Writer } from './circuit-graph'

/** Same list as the contract's. */
export const edgeAblations = ['resample', 'mean', 'mean-by-position', 'zero', 'optimal'] as const
export type EdgeAblation = (typeof edgeAblations)[number]

export const ablationDefinitions: Readonly<Record<EdgeAblation, string>> = {
  resample: 'what the writer writes in the corrupted run',
  mean: 'the mean of what the writer writes over corrupted sequences and positions',
  'mean-by-position': 'the mean of what the writer writes over corrupted sequences, at each position',
  zero: 'zero',
  optimal: 'the one vector that, written for every pair and position, changes the answers’ distribution least (KL, arXiv:2409.09951)',
}

/** What every writer writes, in the graph's order: [writer, batch, pos, d_model]. The caller disposes it. */
export function recordWrites(network: Network, graph: CircuitGraph, sequences: Sequences): Tensor {
  const places = visitsOf(graph, network).filter((visit) => visit.kind === 'write')
  const { logits, cache } = network.record(sequences, places.map(({ hook }) => hook))
  const writes = tf.tidy(() => tf.stack(places.flatMap(({ hook, split }) => split(cache.get(hook)!))))
  tf.dispose([logits, ...cache.values()])
  return writes
}

/**
 * What stands in for the writes along an ablated edge, from those of the corrupted run. Optimal constants are learned
 * (optimal-constants.ts). The caller disposes it.
 */
export function substitutesOf(corrupted: Tensor, ablation: Exclude<EdgeAblation, 'optimal'>): Tensor {
  return tf.tidy(() => {
    switch (ablation) {
      case 'resample':
        return corrupted.clone()
      case 'mean':
        return corrupted.mean([1, 2], true).add(tf.zerosLike(corrupted))
      case 'mean-by-position':
        return corrupted.mean(1, true).add(tf.zerosLike(corrupted))
      case 'zero':
        return tf.zerosLike(corrupted)
    }
  })
}

export interface EdgeRun {
  /** [writer, pair, pos, d_model] */
  readonly substitutes: Tensor
  /** Substitutes minus what the run's sequences make of the writers when nothing is ablated; for writers before `entry`. */
  readonly differences: Tensor
  /** Sets run at once: the batch is copies · pairs, pairs fastest. */
  readonly copies: number
  /** Share of each edge that is ablated, of readers with the same writers: [copy, reader, writer, positions]. */
  ablated(readers: readonly Reader[]): Tensor | undefined
  /** Where the run starts, if not at the tokens; no reader before it has an ablated edge. */
  readonly entry?: string
}

/** Shares for sets of edges, 1 in `kept` for each that is intact. */
export function ablatedOutside(graph: CircuitGraph, circuits: readonly Uint8Array[]): EdgeRun['ablated'] {
  return (readers) => {
    const width = readers[0]!.writerCount * graph.positions
    const shares = new Float32Array(circuits.length * readers.length * width)
    let at = 0
    let isAny = false
    for (const kept of circuits) {
      for (const { firstEdge } of readers) {
        for (let i = 0; i < width; i++) {
          if (!kept[firstEdge + i]) isAny = true
          shares[at++] = kept[firstEdge + i] ? 0 : 1
        }
      }
    }
    if (!isAny) return undefined
    return tf.tensor4d(shares, [circuits.length, readers.length, readers[0]!.writerCount, graph.positions])
  }
}

/** Hooks that ablate edges. Valid for one run at a time of the sequences the substitutes fit. */
export function edgeHooks(graph: CircuitGraph, network: Network, run: EdgeRun): Hooks {
  const missing = graph.writers.filter((writer) => isBefore(writer, run.entry)).length
  const [, batch, length, d_model] = run.substitutes.shape as [number, number, number, number]
  const written: Tensor[] = []
  let known: Tensor | undefined

  /** Substitutes minus writes so far: [writer, copy, pair, pos, d_model]. */
  function differencesSoFar(): Tensor {
    if (known) return known
    const size = batch * length * d_model
    // Tiled as a matrix, because tiles of rank 5 have no gradient.
    const tiled = (): Tensor => tf.tile(run.differences.slice([0], [missing]).reshape([missing, size]), [1, run.copies])
    const early = missing > 0 ? [tiled().reshape([missing, run.copies, batch, length, d_model])] : []
    const own = (): Tensor => run.substitutes.slice([missing], [written.length]).expandDims(1)
    const caught = written.length > 0 ? [own().sub(tf.stack(written))] : []
    const both = [...early, ...caught]
    known = both.length === 1 ? both[0]! : tf.concat(both, 0)
    return known
  }
  const catching = (split: (activation: Tensor) => Tensor[]): HookFunction => (activation) => {
    for (const write of split(activation)) written.push(write.reshape([run.copies, batch, length, d_model]))
    known = undefined
    return activation
  }
  const changing = (shares: Tensor): HookFunction => (activation) => {
    const sum = sumOfShares(shares, differencesSoFar(), graph.positions)             // [copy, pair, pos, reader, d_model]
    return activation.add(sum.reshape(activation.shape))
  }

  const hooks: Record<string, HookFunction> = {}
  let isRead = false
  // From the end, so that nothing is caught that no ablated edge reads.
  for (const visit of [...visitsOf(graph, network)].reverse()) {
    const shares = visit.kind === 'read' ? run.ablated(visit.readers) : undefined
    isRead ||= shares !== undefined
    const use = visit.kind === 'write' ? isRead && !isBefore(visit.writer, run.entry) && catching(visit.split) : shares && changing(shares)
    const after = hooks[visit.hook]
    if (use) hooks[visit.hook] = after ? (activation) => after(use(activation)) : use
  }
  return hooks
}

/** What a pass comes by: places where writers write, and places where readers read, in its order. */
type Visit =
  | { readonly kind: 'write'; readonly hook: string; readonly writer: Writer; readonly split: (activation: Tensor) => Tensor[] }
  | { readonly kind: 'read'; readonly hook: string; readonly readers: readonly Reader[] }

function visitsOf({ writers, readers }: CircuitGraph, network: Network): readonly Visit[] {
  const visits: Visit[] = []
  const layers = Math.max(...writers.map(({ layer }) => layer)) + 1
  const write = (hook: string, writer: Writer, split: (x: Tensor) => Tensor[] = (x) => [x]): void =>
    void visits.push({ kind: 'write', hook, writer, split })
  const read = (of: readonly Reader[]): void => void visits.push({ kind: 'read', hook: placeOf(of[0]!).hook, readers: of })
  write('blocks.0.hook_resid_pre', writers[0]!)
  for (let layer = 0; layer < layers; layer++) {
    const own = readers.filter((reader) => reader.layer === layer)
    for (const letter of ['q', 'k', 'v'] as const) read(own.filter((reader) => reader.letter === letter))
    write(`blocks.${layer}.attn.hook_result`, writers.find((writer) => writer.layer === layer)!, byHead)
    const mlp = own.filter(({ letter }) => !letter)
    if (mlp.length === 0) continue
    read(mlp)
    const last = writers.findLast((writer) => writer.layer === layer)!
    if (last.neuron === undefined) write(`blocks.${layer}.hook_mlp_out`, last)
    else write(`blocks.${layer}.mlp.hook_post`, last, (post) => byNeuron(post, network.arrays[`blocks.${layer}.mlp.W_out`]!))
  }
  read(readers.slice(-1))
  return visits
}

/** [copy, reader, writer, positions] × [writer, copy, pair, pos, d_model] -> [copy, pair, pos, reader, d_model]. */
function sumOfShares(shares: Tensor, differences: Tensor, positions: number): Tensor {
  const [copies, readers, writers] = shares.shape as [number, number, number]
  const [all, , batch, length, d_model] = differences.shape as [number, number, number, number, number]
  const read = all === writers ? differences : differences.slice([0], [writers])
  if (positions === 1) {
    const byCopy = read.transpose([1, 0, 2, 3, 4]).reshape([copies, writers, -1])
    const sums = tf.matMul(shares.reshape([copies, readers, writers]), byCopy)         // [copy, reader, pair · pos · d_model]
    return sums.reshape([copies, readers, batch, length, d_model]).transpose([0, 2, 3, 1, 4])
  }
  const byPos = read.transpose([1, 3, 0, 2, 4]).reshape([copies * length, writers, -1])  // [copy · pos, writer, pair · d_model]
  const weights = shares.transpose([0, 3, 1, 2]).reshape([copies * length, readers, writers])
  const sums = tf.matMul(weights, byPos)
  return sums.reshape([copies, length, readers, batch, d_model]).transpose([0, 3, 1, 2, 4])
}

/** Whether a run that starts there does not compute the writer. */
function isBefore({ layer, head }: Writer, entry: string | undefined): boolean {
  if (!entry) return false
  const [, number, point] = /^blocks\.(\d+)\.hook_resid_(pre|mid|post)$/.exec(entry)!
  if (point === 'post') return true
  return layer < Number(number) || (layer === Number(number) && point === 'mid' && head !== undefined)
}

/** Where a reader reads, and the latest place before it that a run can start from. */
export function placeOf({ layer, letter, feeds }: Reader): { readonly hook: string; readonly entry: string } {
  if (feeds.length === 0) {
    const last = `blocks.${layer - 1}.hook_resid_post`
    return { hook: last, entry: last }
  }
  if (letter) return { hook: `blocks.${layer}.hook_${letter}_input`, entry: `blocks.${layer}.hook_resid_pre` }
  return { hook: `blocks.${layer}.hook_mlp_in`, entry: `blocks.${layer}.hook_resid_mid` }
}

/** Activations [batch, pos, d_mlp] as what each neuron writes: its activation times its row of W_out. */
function byNeuron(post: Tensor, { data, shape }: FloatArray): Tensor[] {
  const W_out = tf.tensor2d(data, shape as [number, number])
  return tf.unstack(post, 2).map((activation, neuron) => activation.expandDims(2).mul(W_out.slice([neuron], [1])))
}

/** [batch, pos, head, d_model] as one tensor a head. */
function byHead(result: Tensor): Tensor[] {
  const heads = result.shape[2]!
  return Array.from({ length: heads }, (_, head) => result.slice([0, 0, head, 0], [-1, -1, 1, -1]).squeeze([2]))
}
