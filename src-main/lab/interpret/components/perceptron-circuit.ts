/**
 * The recording of a perceptron's circuit, with the verbs of a transformer's.
 *
 *   reader's value = value + sum over its edges of share ablated · (substitute of the writer - what it writes in this run) · weight
 *
 * 1. The clean and the corrupted run are recorded: what inputs and neurons write.
 * 2. During a run with ablated edges every write is caught, and at each layer's sum the differences times weights times
 *    shares are added. With every edge ablated and the corrupted run's writes the logits are the corrupted run's.
 * 3. Edges ablated one at a time: the difference an edge makes is added to its reader's value, a copy of the batch each;
 *    into the outputs it is added to the clean logits, and nothing runs.
 * 4. Gradients by what each reader reads are taken by additions of zeros at the sums.
 *
 * Positions have no edges of their own here: an input is a position.
 */
import { assert } from '../../../base/assert'
import { scoped, tf, type Scalar, type Tensor } from '../../../engine/tf'
import type { HookFunction, Hooks, Network } from '../../models/network'
import type { CircuitGraph } from './circuit-graph'
import { meanOf, type AttributionPoint, type CircuitPlan, type EdgeEffects, type UntoldRecording } from './circuit-recording'
import { contributions, edgeLayers, inputWrites, sharedChange, writeSubstitutes, type EdgeLayer } from './perceptron-layers'
import { perceptronGraph } from './perceptron-graph'
import { wholeOf, type Pairs } from './pairs'
import { createMetric, type MetricReader } from './patch-metric'

/** Numbers of the largest activation or masked weight of a run. */
const largestArray = 2 ** 21

interface Recorded {
  readonly network: Network
  readonly pairs: Pairs
  readonly graph: CircuitGraph
  readonly layers: readonly EdgeLayer[]
  /** By layer of edges, what stands in for its writers: [pair, writer · block]. */
  readonly substitutes: readonly Tensor[]
  /** Substitutes minus the clean run's writes. */
  readonly differences: readonly Tensor[]
  /** The clean run's: [pair, 1, class]. */
  readonly logits: Tensor
  readonly reader: MetricReader
  readonly clean: Float64Array
}

export function recordPerceptron(network: Network, plan: CircuitPlan): UntoldRecording {
  const recorded = record(network, plan)
  const { graph, pairs, layers, substitutes, differences, logits, reader, clean } = recorded
  const held = [...substitutes, ...differences, ...layers.map(({ weights }) => weights), logits]
  return {
    graph,
    pairCount: pairs.count,
    clean,
    cleanMetric: meanOf(clean),
    stages: layers.map(({ firstWriter, writerCount }) => ({ firstWriter, count: writerCount })),
    numbersHeld: held.reduce((sum, { size }) => sum + size, 0),
    circuitsAtOnce: copiesAtOnce(recorded),
    metricsOf: (circuits) => metricsOf(recorded, circuits),
    effects: () => effectsOf(recorded),
    attributionsAt: (point) => scoped(() => attributionsAt(recorded, point)),
    metricUnder: (shares) => metricUnder(recorded, shares),
    dispose() {
      reader.dispose()
      tf.dispose(held)
    },
  }
}

function record(network: Network, { pairs, metric, ablation }: CircuitPlan): Recorded {
  const { n_ctx } = network.dims
  assert(pairs.length === n_ctx && !pairs.cleanMask, `a perceptron takes whole sequences of ${n_ctx} tokens; these have ${pairs.length}`)
  assert(ablation !== 'optimal', 'optimal constants are learned for transformers')
  const graph = perceptronGraph(network)
  const layers = edgeLayers(network, graph)
  const writesOf = (tokens: Int32Array): { readonly writes: readonly Tensor[]; readonly logits: Tensor } => {
    const hooks = layers.flatMap(({ writeHook }) => (writeHook ? [writeHook] : []))
    const { logits, cache } = network.record(tokens, hooks)
    return { writes: [inputWrites(network, tokens), ...hooks.map((hook) => cache.get(hook)!)], logits }
  }
  const [clean, corrupted] = [writesOf(pairs.clean), writesOf(pairs.corrupted)]
  const substitutes = corrupted.writes.map((write) => tf.tidy(() => writeSubstitutes(write, ablation)))
  const differences = substitutes.map((substitute, layer) => tf.sub(substitute, clean.writes[layer]!))
  const logits = clean.logits.expandDims<Tensor>(1)                                  // [pair, 1, class]
  const reader = createMetric(metric, pairs, logits)
  const values = scoped(() => Float64Array.from(reader.read(logits, wholeOf(pairs)).dataSync()))
  tf.dispose([...clean.writes, ...corrupted.writes, clean.logits, corrupted.logits])
  return { network, pairs, graph, layers, substitutes, differences, logits, reader, clean: values }
}

const tiled = (tokens: Int32Array, copies: number): Int32Array => {
  const all = new Int32Array(tokens.length * copies)
  for (let i = 0; i < copies; i++) all.set(tokens, i * tokens.length)
  return all
}

/** Hooks at the same point run one after the other. */
function joined(entries: readonly (readonly [string, HookFunction])[]): Hooks {
  const hooks: Record<string, HookFunction> = {}
  for (const [name, hook] of entries) {
    const before = hooks[name]
    hooks[name] = before ? (activation) => hook(before(activation)) : hook
  }
  return hooks
}

// Whole circuits

/** Metrics [copy, pair] of runs in which each edge of a layer is ablated by a share: [copy, reader, writer]. */
function runAblated({ network, pairs, layers, substitutes, reader }: Recorded, copies: number, sharesOf: (layer: EdgeLayer) => Tensor): Tensor {
  const tokens = tiled(pairs.clean, copies)
  const byCopy = (write: Tensor): Tensor => write.reshape([copies, pairs.count, -1])
  const entries = layers.flatMap((layer, i): (readonly [string, HookFunction])[] => {
    let written = layer.writeHook ? undefined : inputWrites(network, tokens)
    const read: HookFunction = (value) => {
      const differences = substitutes[i]!.sub(byCopy(written!))                     // [copy, pair, writer · block]
      return value.add(sharedChange(layer, differences, sharesOf(layer)).reshape(value.shape))
    }
    const caught: HookFunction = (write) => (written = write)
    return [...(layer.writeHook ? [[layer.writeHook, caught] as const] : []), [layer.readHook, read]]
  })
  return reader.read(network.run(tokens, joined(entries)), wholeOf(pairs))
}

/** Each copy needs every layer's weights masked its own way. */
function copiesAtOnce({ pairs, layers }: Recorded): number {
  const widest = Math.max(...layers.map(({ weights, readers }) => Math.max(weights.size, readers.length * pairs.count)))
  return Math.max(1, Math.floor(largestArray / widest))
}

function metricsOf(recorded: Recorded, circuits: readonly Uint8Array[]): Float64Array {
  const { pairs } = recorded
  const copies = copiesAtOnce(recorded)
  const metrics = new Float64Array(circuits.length * pairs.count)
  for (let first = 0; first < circuits.length; first += copies) {
    const some = circuits.slice(first, first + copies)
    const sharesOf = ({ firstEdge, readers, writerCount }: EdgeLayer): Tensor => {
      const count = readers.length * writerCount
      const shares = new Float32Array(some.length * count)
      some.forEach((kept, copy) => {
        for (let i = 0; i < count; i++) shares[copy * count + i] = kept[firstEdge + i] ? 0 : 1
      })
      return tf.tensor3d(shares, [some.length, readers.length, writerCount])
    }
    metrics.set(scoped(() => runAblated(recorded, some.length, sharesOf).dataSync()), first * pairs.count)
  }
  return metrics
}

function metricUnder(recorded: Recorded, shares: Tensor): Tensor {
  const sharesOf = ({ firstEdge, readers, writerCount }: EdgeLayer): Tensor =>
    shares.slice([firstEdge], [readers.length * writerCount]).reshape([1, readers.length, writerCount])
  return runAblated(recorded, 1, sharesOf).reshape([recorded.pairs.count])
}

// One edge at a time

function* effectsOf(recorded: Recorded): Generator<EdgeEffects, void> {
  const { pairs, layers } = recorded
  for (const [i, layer] of layers.entries()) {
    const { firstEdge, readers, writerCount } = layer
    const changes = scoped(() => contributions(layer, recorded.differences[i]!).transpose([1, 2, 0]).dataSync())  // [edge, pair]
    const widest = Math.max(...layers.map((each) => Math.max(each.readers.length, each.writerCount * each.blockSize)))
    const most = Math.max(1, Math.floor(largestArray / (pairs.count * widest)))
    const total = readers.length * writerCount
    for (let first = 0; first < total; first += most) {
      const count = Math.min(most, total - first)
      const change = changes.subarray(first * pairs.count, (first + count) * pairs.count)
      const edges = { layer, first, count, change: change as Float32Array } // of float32 tensors
      yield { first: firstEdge + first, count, effects: scoped(() => effectsBetween(recorded, edges)) }
    }
  }
}

interface SomeEdges {
  readonly layer: EdgeLayer
  /** Within the layer. */
  readonly first: number
  readonly count: number
  /** What ablating an edge adds to its reader: [edge, pair]. */
  readonly change: Float32Array
}

function effectsBetween({ network, pairs, logits, reader, clean }: Recorded, { layer, first, count, change }: SomeEdges): Float64Array {
  const { readers, writerCount, readHook } = layer
  const columns = Int32Array.from({ length: count }, (_, i) => Math.floor((first + i) / writerCount))
  const addition = tf.oneHot(tf.tensor1d(columns, 'int32'), readers.length).toFloat().expandDims(1) // [edge, 1, reader]
    .mul(tf.tensor3d(change, [count, pairs.count, 1]))                               // [edge, pair, reader]
  const isLast = readers[0]!.feeds.length === 0
  const changed = isLast
    ? logits.reshape([pairs.count, -1]).add(addition)
    : network.run(tiled(pairs.clean, count), { [readHook]: (value) => value.add(addition.reshape(value.shape)) })
  const metrics = reader.read(changed, wholeOf(pairs)).dataSync()
  return Float64Array.from(metrics, (value, i) => value - clean[i % pairs.count]!)
}

// Gradients

function attributionsAt(recorded: Recorded, { stage, share, of }: AttributionPoint): Float32Array {
  const { network, pairs, graph, layers, differences, reader } = recorded
  const from = layers.findIndex(({ firstWriter }) => firstWriter === stage.firstWriter)
  assert(from >= 0 && layers[from]!.writerCount === stage.count, `no stage begins at writer ${stage.firstWriter}`)
  const moved = share === 1 ? undefined : differences[from]!.mul(1 - share)          // [pair, writer · block]
  const { writeHook, readHook, weights } = layers[from]!
  // Inputs have no hook point of their own; what they add to their readers has.
  const moving: [string, HookFunction][] = !moved
    ? []
    : [writeHook ? [writeHook, (write) => write.add(moved)] : [readHook, (value) => value.add(tf.matMul(moved, weights))]]
  const reached = layers.slice(from)
  const metricAfter = (...deltas: Tensor[]): Scalar => {
    const added = reached.map((layer, i): [string, HookFunction] => [layer.readHook, (value) => value.add(deltas[i]!)])
    return reader.read(network.run(pairs.clean, joined([...moving, ...added])), wholeOf(pairs)).sum()
  }
  const gradients = tf.grads(metricAfter)(reached.map(({ readers }) => tf.zeros([pairs.count, readers.length])))
  const examples = new Float32Array(pairs.count * graph.edgeCount)
  reached.forEach((layer, i) => {
    const { firstEdge, firstWriter, writerCount, readers } = layer
    const isWanted = (writer: number): boolean => writer >= of.firstWriter && writer < of.firstWriter + of.count
    if (!Array.from({ length: writerCount }, (_, w) => firstWriter + w).some(isWanted)) return
    const products = contributions(layer, differences[from + i]!).mul(gradients[i]!.expandDims(2)).dataSync()  // [pair, reader, writer]
    const count = readers.length * writerCount
    for (let pair = 0; pair < pairs.count; pair++) {
      const row = pair * graph.edgeCount + firstEdge
      for (let j = 0; j < count; j++) if (isWanted(firstWriter + (j % writerCount))) examples[row + j] = products[pair * count + j]!
    }
  })
  return examples
}
