/**
 * The recording of a transformer's circuit.
 *
 * 1. The clean and the corrupted run are recorded: every write, and the clean stream between all halves of layers.
 * 2. A run with ablated edges starts from the clean stream at the first reader that has one; nothing before it changes.
 * 3. Edges ablated one at a time need no runner: the difference substitute - write is added to what the reader reads, a
 *    copy of the batch for each edge, all readers that a run can start before together.
 * 4. Gradients by what each reader reads are taken by an addition of zeros at every reader's hook point.
 */
import { scoped, tf, type Scalar, type Tensor } from '../../../engine/tf'
import type { HookFunction, Hooks, Network, Sequences } from '../../models/network'
import { edgeAt, type CircuitGraph, type Reader } from './circuit-graph'
import { meanOf, type AttributionPoint, type CircuitPlan, type EdgeEffects, type Stage, type UntoldRecording } from './circuit-recording'
import { graphOfPlan } from './circuit-suitability'
import { ablatedOutside, edgeHooks, placeOf, recordWrites, substitutesOf, type EdgeAblation } from './edge-runner'
import { transformerSettings } from './head-weights'
import { learnConstants, type LearnedConstants } from './optimal-constants'
import { sequencesOf, wholeOf, type Pairs } from './pairs'
import { createMetric, type MetricReader } from './patch-metric'

/** Numbers of the largest activation of a run, as components/patch-recording.ts reckons. */
const largestActivation = 2 ** 20

interface Recorded {
  readonly network: Network
  readonly pairs: Pairs
  readonly graph: CircuitGraph
  /** What stands in for each write: [writer, pair, pos, d_model]. */
  readonly substitutes: Tensor
  /** Substitute minus the clean run's write. */
  readonly differences: Tensor
  /** The clean run's residual streams by hook point: [pair, pos, d_model]. */
  readonly streams: ReadonlyMap<string, Tensor>
  readonly reader: MetricReader
  readonly clean: Float64Array
  /** Runs at once. */
  readonly copies: number
  readonly constants?: LearnedConstants
}

export function recordTransformer(network: Network, plan: CircuitPlan): UntoldRecording {
  const recorded = record(network, plan)
  const { graph, pairs, constants, clean, substitutes, differences, streams, reader } = recorded
  return {
    graph,
    pairCount: pairs.count,
    clean,
    cleanMetric: meanOf(clean),
    stages: stagesOf(graph),
    circuitsAtOnce: recorded.copies,
    numbersHeld: 2 * substitutes.size + [...streams.values()].reduce((sum, { size }) => sum + size, 0),
    metricsOf: (circuits) => metricsOf(recorded, circuits),
    effects: () => effectsOf(recorded),
    attributionsAt: (point) => scoped(() => attributionsAt(recorded, point)),
    metricUnder: (shares) => metricUnder(recorded, shares),
    ...(constants && { constants }),
    dispose() {
      reader.dispose()
      tf.dispose([substitutes, differences, ...streams.values()])
    },
  }
}

function record(network: Network, plan: CircuitPlan): Recorded {
  const { pairs, metric, ablation } = plan
  const graph = graphOfPlan(network, plan)
  const clean = sequencesOf(pairs, 'clean', wholeOf(pairs))
  const hooks = network.hookPoints.map(({ name }) => name).filter((name) => /hook_resid_(pre|mid|post)$/.test(name))
  const { logits, cache } = network.record(clean, hooks)
  const reader = createMetric(metric, pairs, logits)
  const cleanMetrics = scoped(() => Float64Array.from(reader.read(logits, wholeOf(pairs)).dataSync()))
  const cleanWrites = recordWrites(network, graph, clean)
  const corruptedWrites = recordWrites(network, graph, sequencesOf(pairs, 'corrupted', wholeOf(pairs)))
  const { n_heads, d_model, d_mlp } = transformerSettings(network)
  const widest = Math.max(n_heads * d_model, d_mlp, n_heads * pairs.length)
  const copies = Math.max(1, Math.floor(largestActivation / (pairs.count * pairs.length * widest)))
  const stream = cache.get('blocks.0.hook_resid_pre')! // every residual hook point was recorded
  const problem = { pairs, graph, cleanWrites, corruptedWrites, cleanLogits: logits, stream, copiesAtOnce: copies }
  const constants = ablation === 'optimal' ? learnConstants(network, problem) : undefined
  const substitutes = constants ? everywhere(constants, corruptedWrites) : substitutesOf(corruptedWrites, ablation as Exclude<EdgeAblation, 'optimal'>) // there are constants else
  const differences = tf.sub(substitutes, cleanWrites)
  tf.dispose([logits, cleanWrites, corruptedWrites])
  return { network, pairs, graph, substitutes, differences, streams: cache, reader, clean: cleanMetrics, copies, ...(constants && { constants }) }
}

/** Constants as the writes of a run are laid out: [writer, pair, pos, d_model]. */
function everywhere({ values }: LearnedConstants, like: Tensor): Tensor {
  const [writers, , , d_model] = like.shape as [number, number, number, number]
  return tf.tidy(() => tf.tensor4d(values, [writers, 1, 1, d_model]).add(tf.zerosLike(like)))
}

function stagesOf({ writers }: CircuitGraph): readonly Stage[] {
  const isSame = (i: number): boolean => {
    const [one, other] = [writers[i]!, writers[i - 1]]
    return other !== undefined && one.layer === other.layer && (one.head === undefined) === (other.head === undefined)
  }
  const firsts = writers.flatMap((_, i) => (isSame(i) ? [] : [i]))
  return firsts.map((firstWriter, i) => ({ firstWriter, count: (firsts[i + 1] ?? writers.length) - firstWriter }))
}

/** The clean sequences, `copies` times over, from the clean stream at a hook point. */
function startingAt({ pairs, streams }: Recorded, hook: string, copies: number): Sequences {
  const stream = streams.get(hook)! // every residual hook point was recorded
  return { ...sequencesOf(pairs, 'clean', wholeOf(pairs), copies), from: { hook, resid: tf.tile(stream, [copies, 1, 1]) } }
}

// Whole circuits

function metricsOf(recorded: Recorded, circuits: readonly Uint8Array[]): Float64Array {
  const { pairs, copies, clean } = recorded
  const metrics = new Float64Array(circuits.length * pairs.count)
  for (let first = 0; first < circuits.length; first += copies) {
    const some = circuits.slice(first, first + copies)
    const entry = firstEntry(recorded.graph, some)
    if (!entry) some.forEach((_, i) => metrics.set(clean, (first + i) * pairs.count))
    else metrics.set(scoped(() => someMetrics(recorded, some, entry)), first * pairs.count)
  }
  return metrics
}

/** Where a run can start that ablates what these circuits leave out; undefined where they leave nothing out. */
function firstEntry({ readers, positions }: CircuitGraph, circuits: readonly Uint8Array[]): string | undefined {
  const isWhole = ({ firstEdge, writerCount }: Reader): boolean =>
    circuits.every((kept) => kept.subarray(firstEdge, firstEdge + writerCount * positions).every((one) => one === 1))
  const first = readers.find((reader) => !isWhole(reader))
  return first && placeOf(first).entry
}

function someMetrics(recorded: Recorded, circuits: readonly Uint8Array[], entry: string): Float32Array {
  const { network, graph, substitutes, differences, reader, pairs } = recorded
  const ablated = ablatedOutside(graph, circuits)
  const hooks = edgeHooks(graph, network, { substitutes, differences, copies: circuits.length, entry, ablated })
  const logits = network.run(startingAt(recorded, entry, circuits.length), hooks)
  return reader.read(logits, wholeOf(pairs)).dataSync() as Float32Array // [circuit, pair], of float32
}

function metricUnder(recorded: Recorded, shares: Tensor): Tensor {
  const { network, graph, substitutes, differences, reader, pairs } = recorded
  const ablated = (readers: readonly Reader[]): Tensor => {
    const { firstEdge, writerCount } = readers[0]!
    const count = readers.length * writerCount * graph.positions
    return shares.slice([firstEdge], [count]).reshape([1, readers.length, writerCount, graph.positions])
  }
  const entry = 'blocks.0.hook_resid_pre'
  const hooks = edgeHooks(graph, network, { substitutes, differences, copies: 1, entry, ablated })
  return reader.read(network.run(startingAt(recorded, entry, 1), hooks), wholeOf(pairs)).reshape([pairs.count])
}

// One edge at a time

function* effectsOf(recorded: Recorded): Generator<EdgeEffects, void> {
  const { graph, copies } = recorded
  let first = 0
  while (first < graph.edgeCount) {
    const { entry } = placeOf(edgeAt(graph, first).to)
    const last = graph.readers.findLast((reader) => placeOf(reader).entry === entry)!
    const end = Math.min(first + copies, last.firstEdge + last.writerCount * graph.positions)
    const [from, count] = [first, end - first]
    yield { first, count, effects: scoped(() => effectsBetween(recorded, from, count)) }
    first = end
  }
}

/** The readers of the edges are such that one run can start before all of them. */
function effectsBetween(recorded: Recorded, first: number, count: number): Float64Array {
  const { network, graph, pairs, reader, clean } = recorded
  const { entry } = placeOf(edgeAt(graph, first).to)
  const hooks: Record<string, HookFunction> = {}
  const inRange = graph.readers.filter(({ firstEdge, writerCount }) => {
    return firstEdge < first + count && firstEdge + writerCount * graph.positions > first
  })
  for (const [hook, readers] of byPlace(inRange)) hooks[hook] = additionAt(recorded, readers, { first, count })
  const metrics = reader.read(network.run(startingAt(recorded, entry, count), hooks), wholeOf(pairs)).dataSync()
  return Float64Array.from(metrics, (value, i) => value - clean[i % pairs.count]!)
}

/** Adds to each copy of the batch the difference of its own edge, where these readers have it. */
function additionAt(recorded: Recorded, readers: readonly Reader[], { first, count }: { first: number; count: number }): HookFunction {
  const { graph, differences } = recorded
  const { positions } = graph
  const [, batch, length, d_model] = differences.shape as [number, number, number, number]
  const before = Math.max(0, readers[0]!.firstEdge - first)
  const last = readers.at(-1)!
  const after = Math.max(0, first + count - last.firstEdge - last.writerCount * positions)
  const edges = Array.from({ length: count - before - after }, (_, i) => edgeAt(graph, first + before + i))
  const writers = tf.tensor1d(edges.map(({ from }) => graph.writers.indexOf(from)), 'int32')
  const everywhere = tf.gather(differences, writers)                                // [edge, pair, pos, d_model]
  const there = positions === 1 ? everywhere : everywhere.mul(oneHot(edges.map(({ pos }) => pos!), length).reshape([-1, 1, length, 1]))
  return (activation) => {
    const heads = activation.rank === 4 ? activation.shape[2]! : 1
    const added = there.reshape([edges.length, batch, length, 1, d_model])
    const byHead = heads === 1 ? added : added.mul(oneHot(edges.map(({ to }) => to.head!), heads).reshape([-1, 1, 1, heads, 1]))
    const rows = byHead.reshape([edges.length * batch, length, heads, d_model])
    const all = tf.pad(rows, [[before * batch, after * batch], [0, 0], [0, 0], [0, 0]])
    return activation.add(all.reshape(activation.shape))
  }
}

function oneHot(indices: readonly number[], length: number): Tensor {
  const values = new Float32Array(indices.length * length)
  indices.forEach((at, row) => void (values[row * length + at] = 1))
  return tf.tensor2d(values, [indices.length, length])
}

/** Readers by the hook point they read at, in the order of the pass. */
function byPlace(readers: readonly Reader[]): ReadonlyMap<string, readonly Reader[]> {
  const groups = new Map<string, Reader[]>()
  for (const reader of readers) {
    const { hook } = placeOf(reader)
    groups.set(hook, [...(groups.get(hook) ?? []), reader])
  }
  return groups
}

// Gradients

function attributionsAt(recorded: Recorded, point: AttributionPoint): Float32Array {
  const { network, graph, pairs, reader, differences } = recorded
  const { writers, positions, edgeCount } = graph
  const [, batch, length, d_model] = differences.shape as [number, number, number, number]
  const places = [...byPlace(graph.readers.filter(({ layer }) => layer >= writers[point.stage.firstWriter]!.layer))]
  const { sequences, hooks } = between(recorded, point)
  const metricAfter = (...deltas: Tensor[]): Scalar => {
    const added = places.map(([hook], i): [string, HookFunction] => [hook, (activation) => activation.add(deltas[i]!)])
    return reader.read(network.run(sequences, { ...hooks, ...Object.fromEntries(added) }), wholeOf(pairs)).sum()
  }
  const gradients = tf.grads(metricAfter)(places.map(([, readers]) => {
    return readers[0]!.letter ? tf.zeros([batch, length, readers.length, d_model]) : tf.zeros([batch, length, d_model])
  }))
  const wanted = differences.slice([point.of.firstWriter], [point.of.count])
  const examples = new Float32Array(batch * edgeCount)
  places.forEach(([, readers], i) => {
    const gradient = gradients[i]!.reshape([batch, length, readers.length, d_model])
    const products = productsOf(gradient, wanted, positions).dataSync()              // [pair, reader, writer, positions]
    readers.forEach(({ firstEdge, firstWriter, writerCount }, row) => {
      const count = Math.min(point.of.count, firstWriter + writerCount - point.of.firstWriter) * positions
      if (count <= 0) return
      for (let pair = 0; pair < batch; pair++) {
        const from = (pair * readers.length + row) * point.of.count * positions
        const to = pair * edgeCount + firstEdge + (point.of.firstWriter - firstWriter) * positions
        examples.set(products.subarray(from, from + count) as Float32Array, to)
      }
    })
  })
  return examples
}

/** gradients [pair, pos, reader, d_model], differences [writer, pair, pos, d_model] -> [pair, reader, writer, positions]. */
function productsOf(gradients: Tensor, differences: Tensor, positions: number): Tensor {
  const [batch, length, readers, d_model] = gradients.shape as [number, number, number, number]
  const writers = differences.shape[0]!
  if (positions === 1) {
    const rows = gradients.transpose([0, 2, 1, 3]).reshape([batch, readers, length * d_model])
    const columns = differences.transpose([1, 0, 2, 3]).reshape([batch, writers, length * d_model])
    return tf.matMul(rows, columns, false, true)
  }
  const rows = gradients.reshape([batch * length, readers, d_model])
  const columns = differences.transpose([1, 2, 0, 3]).reshape([batch * length, writers, d_model])
  return tf.matMul(rows, columns, false, true).reshape([batch, length, readers, writers]).transpose([0, 2, 3, 1])
}

/** The clean run with a stage's writes moved towards their substitutes. */
function between(recorded: Recorded, { stage, share }: AttributionPoint): { sequences: Sequences; hooks: Hooks } {
  const { graph, differences } = recorded
  const { layer, head } = graph.writers[stage.firstWriter]!
  const entry = `blocks.${Math.max(0, layer)}.hook_resid_pre`
  const sequences = startingAt(recorded, entry, 1)
  if (share === 1) return { sequences, hooks: {} }
  const moved = differences.slice([stage.firstWriter], [stage.count]).mul(1 - share) // [writer, pair, pos, d_model]
  if (layer < 0) {
    return { sequences: { ...sequences, from: { hook: entry, resid: sequences.from!.resid.add(moved.sum(0)) } }, hooks: {} }
  }
  if (head === undefined) return { sequences, hooks: { [`blocks.${layer}.hook_mlp_out`]: (out) => out.add(moved.sum(0)) } }
  return { sequences, hooks: { [`blocks.${layer}.attn.hook_result`]: (result) => result.add(moved.transpose([1, 2, 0, 3])) } }
}
