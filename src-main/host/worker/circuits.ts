import { namedArray, type NamedArray } from '../../base/array'
import { AppError, unwrap } from '../../base/result'
import type { Field } from '../../base/settings'
import { edgeLetters, type CircuitCurve, type CircuitGraph, type CircuitNode, type MethodCard } from '../../contract/circuits'
import type { ServiceOf } from '../../contract/rpc'
import circuitFaithfulness, { circuitShares, type Faithfulness } from '../../lab/interpret/circuit-faithfulness'
import type { CircuitMethod } from '../../lab/interpret/circuit-methods/circuit-method'
import exactEdges from '../../lab/interpret/circuit-methods/exact-edges'
import { randomScores } from '../../lab/interpret/circuit-methods/random'
import { agreementOf, largestOf } from '../../lab/interpret/components/agreement'
import { connected, edgeName } from '../../lab/interpret/components/circuit-graph'
import { circuitMetric } from '../../lab/interpret/components/circuit-recording'
import { keptOf } from '../../lab/interpret/components/circuit-selection'
import { inSlices } from '../../lab/interpret/components/in-slices'
import { meanOf } from '../../lab/interpret/components/patch-recording'
import { graphOf } from '../../lab/interpret/components/perceptron-graph'
import type { computeContract } from '../compute/contract'
import type { Bench } from './bench'
import { checkEdges, chosenMethod, createCircuitDesk, edgeNumbers, termsOf, wholeScores } from './circuit-asking'
import { createCircuitChecks } from './circuit-checks'
import { circuitMethods } from './circuit-methods'
import type { HeldRecording } from './circuit-recordings'
import type { Subject } from './subjects'

/** Work that is done to reckon how long all of it takes. */
const sampleMs = 250

export function createCircuits(bench: Bench): ServiceOf<typeof computeContract.circuits> {
  const { subjects, provenance } = bench
  const desk = createCircuitDesk(bench)
  const { asked, subjectFor, countOf, recorded } = desk

  return {
    ...createCircuitChecks(bench, desk),
    graph: ({ key }) => described(subjectFor(key)),
    methods: ({ key }) => circuitMethods.map((method) => cardOf(method, subjectFor(key))),
    estimate({ methodId, settings, ...terms }) {
      const { subject, plan } = asked(termsOf(terms))
      const { method, values } = chosenMethod(methodId, settings, { subject, plan })
      return timed(method.run(subject.network, plan, values))
    },
    async score({ methodId, settings, ...terms }, { emit, signal }) {
      const sinceMs = performance.now()
      const { subject, plan, said } = asked(termsOf(terms))
      const { method, values } = chosenMethod(methodId, settings, { subject, plan })
      const spec = { ...said, method: method.title, ...values }
      const onProgress = (state: { scores: Float64Array; done: number; total: number; kept?: Uint8Array }): void => {
        subjects.require(terms.key) // what is worked on is not the first to be given up
        const how = provenance(method, subject, { sinceMs, spec })
        const kept = state.kept && ofEdges(state.kept)
        void emit({ scores: ofEdges(state.scores.slice()), ...(kept && { kept }), done: state.done, total: state.total, how })
      }
      unwrap(await inSlices(untilWhole(method.run(subject.network, plan, values)), { signal, onProgress }))
    },
    curve({ scores, ...terms }) {
      const sinceMs = performance.now()
      const given = termsOf(terms)
      const all = asked(given)
      const { subject, plan, said } = all
      const values = wholeScores(scores, countOf(subject))
      const curve = circuitFaithfulness.measure(subject.network, { ...plan, scores: values })
      const faithfulCount = recorded(all, given, (held) => fewestFaithful(held, values, curve))
      return { ...curveSent(curve), ...(faithfulCount !== undefined && { faithfulCount }), how: provenance(circuitFaithfulness, subject, { sinceMs, spec: { ...said, order: '|score|, largest first' } }) }
    },
    randomCurve({ draws, ...terms }) {
      const sinceMs = performance.now()
      const { subject, plan, said } = asked(termsOf(terms))
      const edgeCount = countOf(subject)
      const curves = Array.from({ length: draws }, (_, seed) => {
        return circuitFaithfulness.measure(subject.network, { ...plan, scores: randomScores(edgeCount, seed) })
      })
      const spec = { ...said, order: `random, drawn ${draws} times`, orderSeeds: `0 to ${draws - 1}` }
      const at = (place: number): number[] => curves.map(({ faithfulness }) => faithfulness[place]!)
      const each = (read: (values: number[]) => number): NamedArray => ofSizes(circuitShares.map((_, place) => read(at(place))))
      return {
        kept: ofSizes(curves[0]!.kept),
        mean: each(meanOf),
        lowest: each((values) => Math.min(...values)),
        highest: each((values) => Math.max(...values)),
        draws,
        how: provenance(circuitFaithfulness, subject, { sinceMs, spec }),
      }
    },
    circuit({ edges, ...terms }) {
      const sinceMs = performance.now()
      const given = termsOf(terms)
      const all = asked(given)
      const { subject, said } = all
      const kept = keptOf(edgeNumbers(edges, countOf(subject)), countOf(subject))
      return recorded(all, given, ({ recording, emptyMetric }) => {
        const metric = circuitMetric(recording, kept)
        const whole = recording.cleanMetric
        const faithfulness = (metric - emptyMetric) / (whole - emptyMetric)
        const onWay = connected(recording.graph, kept)
        const edgeCount = sumOf(kept)
        return {
          edgeCount,
          connected: ofEdges(onWay),
          connectedCount: sumOf(onWay),
          metric: finite(metric),
          whole: finite(whole),
          empty: finite(emptyMetric),
          ...(Number.isFinite(faithfulness) && { faithfulness }),
          how: provenance(circuitFaithfulness, subject, { sinceMs, spec: { ...said, edges: edgeCount } }),
        }
      })
    },
    edge({ edge, ...terms }) {
      const sinceMs = performance.now()
      const given = termsOf(terms)
      const all = asked(given)
      const { subject, said } = all
      checkEdges([edge], countOf(subject))
      return recorded(all, given, ({ recording }) => {
        const { clean, graph } = recording
        const ablated = recording.metricsOf([new Uint8Array(graph.edgeCount).fill(1).fill(0, edge, edge + 1)])
        const ofPairs = (data: Float64Array): NamedArray => namedArray(['pair'], [data.length], data)
        const spec = { ...said, edge: edgeName(graph, edge) }
        const how = provenance(exactEdges, subject, { sinceMs, spec })
        return { effect: finite(meanOf(ablated) - meanOf(clean)), clean: ofPairs(clean), ablated: ofPairs(ablated), how }
      })
    },
    agreement({ key, exact, estimate, topCount }) {
      const edgeCount = countOf(subjectFor(key))
      const found = agreementOf(wholeScores(exact, edgeCount), wholeScores(estimate, edgeCount), topCount)
      const { spearman, ...top } = found
      return { ...top, ...(!Number.isNaN(spearman) && { spearman }) }
    },
  }
}

// Methods

function cardOf({ id, title, definition, source, isExact, gives, fields, unsuitable }: CircuitMethod, { network }: Subject): MethodCard {
  const why = unsuitable(network)
  // The contract's lists of choices are mutable by type.
  const copied = Object.fromEntries(Object.entries(fields).map(([key, field]): [string, Field] => [key, { ...field }]))
  return { id, title, definition, source, isExact, gives, fields: copied, ...(why && { unsuitable: why }) }
}

interface Progress {
  readonly scores: Float64Array
  readonly done: number
  readonly total: number
  readonly kept?: Uint8Array
}

/** A method's steps with its result as the last of them. */
function* untilWhole(steps: ReturnType<CircuitMethod['run']>): Generator<Progress, Progress> {
  let total = 0
  try {
    for (;;) {
      const next = steps.next()
      if (next.done) return { ...next.value, done: total, total }
      total = next.value.total
      yield next.value
    }
  } finally {
    steps.return(undefined as never)
  }
}

function timed(steps: ReturnType<CircuitMethod['run']>): { totalMs: number; spentMs: number; isWhole: boolean } {
  const startMs = performance.now()
  let first: { readonly done: number; readonly spentMs: number } | undefined
  try {
    for (;;) {
      const next = steps.next()
      const spentMs = performance.now() - startMs
      if (next.done) return { totalMs: spentMs, spentMs, isWhole: true }
      const { done, total } = next.value
      if (spentMs < sampleMs) {
        // What is done once, before the first edge, is not counted for each.
        first ??= { done, spentMs }
        continue
      }
      const since = first ?? { done: 0, spentMs: 0 }
      const perEdge = (spentMs - since.spentMs) / Math.max(1, done - since.done)
      return { totalMs: spentMs + perEdge * (total - done), spentMs, isWhole: false }
    }
  } finally {
    steps.return(undefined as never)
  }
}

/** From here on a circuit is said to do most of what the network does. */
const faithfulFrom = 0.9

/** Halves between the first size of a curve that is faithful and the one before it. */
function fewestFaithful({ recording, emptyMetric }: HeldRecording, scores: Float64Array, { kept, faithfulness, wholeMetric }: Faithfulness): number | undefined {
  const place = faithfulness.findIndex((f) => f >= faithfulFrom)
  if (place < 0) return undefined
  const order = largestOf(scores, scores.length)
  let [low, high] = [place === 0 ? 0 : kept[place - 1]!, kept[place]!]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const metric = circuitMetric(recording, keptOf(order.slice(0, middle), scores.length))
    if ((metric - emptyMetric) / (wholeMetric - emptyMetric) >= faithfulFrom) high = middle
    else low = middle
  }
  return high
}

// What is sent

const ofEdges = (data: Float64Array | Uint8Array): NamedArray => namedArray(['edge'], [data.length], data)
const ofSizes = (values: readonly number[]): NamedArray => namedArray(['size'], [values.length], Float64Array.from(values))
const sumOf = (kept: Uint8Array): number => kept.reduce((sum, one) => sum + one, 0)

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new AppError({ code: 'MODEL_UNSUITABLE', message: `the metric is ${value}; the weights may have diverged` })
}

function curveSent({ kept, metric, faithfulness, wholeMetric, emptyMetric, cpr, cmd }: Faithfulness): Omit<CircuitCurve, 'how'> {
  return {
    shares: ofSizes(circuitShares),
    kept: ofSizes(kept),
    metric: ofSizes(metric),
    faithfulness: ofSizes(faithfulness),
    whole: finite(wholeMetric),
    empty: finite(emptyMetric),
    ...(Number.isFinite(cpr + cmd) && { cpr, cmd }),
  }
}

function described({ network }: Subject): CircuitGraph {
  const { writers, readers, edgeCount } = graphOf(network)
  const answers = readers.filter(({ feeds }) => feeds.length === 0)
  const nodes = [...writers, ...answers].map(({ name, layer, head, neuron }) => ({
    name,
    kind: kindOf({ layer, head, neuron, isAnswer: answers.some((answer) => answer.name === name) }),
    layer,
    ...(head !== undefined && { head }),
    ...(neuron !== undefined && { neuron }),
  }))
  const numberOf = new Map(nodes.map(({ name }, i) => [name, i]))
  const [from, to, letter] = [new Int32Array(edgeCount), new Int32Array(edgeCount), new Uint8Array(edgeCount)]
  for (const reader of readers) {
    const node = numberOf.get(reader.name.replace(/<[qkv]>$/, ''))! // every reader but the answers writes as well
    for (let writer = 0; writer < reader.writerCount; writer++) {
      const edge = reader.firstEdge + writer
      from[edge] = reader.firstWriter + writer
      to[edge] = node
      letter[edge] = edgeLetters.indexOf(reader.letter ?? '')
    }
  }
  const edges = <Data extends Int32Array | Uint8Array>(data: Data) => namedArray(['edge'], [edgeCount], data)
  return { nodes, layers: answers[0]!.layer, heads: Math.max(0, ...writers.map(({ head = -1 }) => head + 1)), edgeCount, from: edges(from), to: edges(to), letter: edges(letter) }
}

interface NodeAt {
  readonly layer: number
  readonly head: number | undefined
  readonly neuron: number | undefined
  readonly isAnswer: boolean
}

function kindOf({ layer, head, neuron, isAnswer }: NodeAt): CircuitNode['kind'] {
  if (layer < 0) return 'input'
  if (neuron !== undefined) return isAnswer ? 'output' : 'neuron'
  if (isAnswer) return 'logits'
  return head === undefined ? 'mlp' : 'head'
}
