import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedArray, type NamedArray } from '@main/base/array'
import { unwrap } from '@main/base/result'
import { edgeLetters, type CircuitGraph, type EdgeScores } from '@contract/circuits'
import type { PairSource } from '@contract/patching'
import circuitFaithfulness from '@main/lab/interpret/circuit-faithfulness'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import exactEdges from '@main/lab/interpret/circuit-methods/exact-edges'
import { largestOf } from '@main/lab/interpret/components/agreement'
import { circuitGraph, edgeName } from '@main/lab/interpret/components/circuit-graph'
import { circuitMetric, recordCircuit, type CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { keptOf } from '@main/lab/interpret/components/circuit-selection'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import { taskPairs } from '@main/lab/interpret/components/pairs'
import type { Network } from '@main/lab/models/network'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'
import { withStored } from '../../../fixtures/stored-network'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
const spec = tinyTransformerRun()
const source: PairSource = { kind: 'task', split: 'test', count: 6, seed: 3 }
const terms = { source, metric: 'logit-difference', ablation: 'resample' } as const
const exact = { methodId: 'exact-edges', settings: {} }

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
})
afterAll(() => it.end())

/** With the stored network and the pairs it would be asked about, without the services. */
function direct<T>(use: (network: Network, plan: CircuitPlan) => T): T {
  return withStored({ it, at, spec }, (network, dataset) => {
    const pairs = unwrap(taskPairs(dataset, { members: dataset.splits.test, count: 6, seed: 3 }))
    return use(network, { pairs, metric: 'logit-difference', ablation: 'resample' })
  })
}

async function scored(methodId: string, settings = {}): Promise<readonly EdgeScores[]> {
  const events: EdgeScores[] = []
  await it.client.circuits.score({ ...at, ...terms, methodId, settings }, (event) => void events.push(event))
  return events
}

const edgesOf = (edges: readonly number[]): NamedArray => namedArray(['edge'], [edges.length], Int32Array.from(edges))

function nameIn({ nodes, from, to, letter }: CircuitGraph, edge: number): string {
  const said = edgeLetters[letter.data[edge]!]!
  return `${nodes[from.data[edge]!]!.name}->${nodes[to.data[edge]!]!.name}${said && `<${said}>`}`
}

describe('circuits of a stored checkpoint', { timeout: 60_000 }, () => {
  test('the graph’s edges have the lab’s numbers and names', async () => {
    const graph = await it.client.circuits.graph(at)

    expect(graph).toMatchObject({ layers: 2, heads: 2, edgeCount: 46 })
    expect(graph.nodes.map(({ name }) => name)).toEqual(['input', 'a0.0', 'a0.1', 'm0', 'a1.0', 'a1.1', 'm1', 'logits'])
    const names = direct((network) => {
      const own = circuitGraph(transformerSettings(network))
      return Array.from({ length: own.edgeCount }, (_, edge) => edgeName(own, edge))
    })
    expect(names.map((_, edge) => nameIn(graph, edge))).toEqual(names)
  })

  test('exact scores end whole, equal those of the stored weights and say how they came about', async () => {
    const last = (await scored('exact-edges')).at(-1)!

    expect(last).toMatchObject({ done: 46, total: 46 })
    expect([...last.scores.data]).toEqual([...direct((network, plan) => finish(exactEdges, network, { plan, settings: {} }).scores)])
    const told = ['checkpoint', 'metric', 'ablation', 'method', 'dataset', 'pairSeed', 'seed', 'task', 'model']
    expect(Object.keys(last.how.spec)).toEqual(expect.arrayContaining(told))
  })

  test('every method that suits the network ends whole with a number for each edge', async () => {
    const methods = await it.client.circuits.methods(at)

    expect(methods.filter(({ isExact }) => isExact).map(({ id }) => id)).toContain('exact-edges')
    for (const { id } of methods.filter(({ unsuitable }) => unsuitable === undefined)) {
      const { scores, done, total } = (await scored(id)).at(-1)!
      expect([id, scores.shape[0], done, scores.data.every(Number.isFinite)]).toEqual([id, 46, total, true])
    }
  })

  test('the faithfulness of a circuit is that of the edge runner with the same edges', async () => {
    const { scores } = (await scored('exact-edges')).at(-1)!
    const curve = await it.client.circuits.curve({ ...at, ...terms, scores })
    const own = direct((network, plan) => circuitFaithfulness.measure(network, { ...plan, scores: scores.data }))

    expect([...curve.kept.data]).toEqual(own.kept)
    curve.faithfulness.data.forEach((f, i) => expect(f).toBeCloseTo(own.faithfulness[i]!, 6))
    expect([curve.cpr, curve.cmd]).toEqual([expect.closeTo(own.cpr, 6), expect.closeTo(own.cmd, 6)])

    const faithfulWith = async (count: number): Promise<number> =>
      (await it.client.circuits.circuit({ ...at, ...terms, edges: edgesOf(largestOf(scores.data, count)) })).faithfulness!
    expect(await faithfulWith(curve.faithfulCount!)).toBeGreaterThanOrEqual(0.9)
    expect(await faithfulWith(curve.faithfulCount! - 1)).toBeLessThan(0.9)

    const edges = largestOf(scores.data, 11)
    const alone = await it.client.circuits.circuit({ ...at, ...terms, edges: edgesOf(edges) })
    const [metric, empty] = direct((network, plan) => {
      const recording = recordCircuit(network, plan)
      const of = (kept: readonly number[]): number => circuitMetric(recording, keptOf(kept, 46))
      try {
        return [of(edges), of([])]
      } finally {
        recording.dispose()
      }
    })
    expect([alone.edgeCount, alone.metric, alone.empty]).toEqual([11, expect.closeTo(metric!, 6), expect.closeTo(empty!, 6)])
    expect(alone.faithfulness).toBeCloseTo((metric! - empty!) / (alone.whole - empty!), 6)
    expect(alone.faithfulness).not.toBeCloseTo(1, 3)
  })

  test('all edges are wholly faithful, none are not at all, and only edges on a way count as connected', async () => {
    const of = (edges: readonly number[]) => it.client.circuits.circuit({ ...at, ...terms, edges: edgesOf(edges) })
    const all = await of(Array.from({ length: 46 }, (_, i) => i))
    const none = await of([])

    expect([all.faithfulness, none.faithfulness]).toEqual([expect.closeTo(1, 5), expect.closeTo(0, 5)])
    expect([all.connectedCount, none.connectedCount]).toEqual([46, 0])
    const graph = await it.client.circuits.graph(at)
    const named = (name: string): number => Array.from(graph.from.data.keys()).find((edge) => nameIn(graph, edge) === name)!
    const loose = await of([named('input->m0'), named('a0.1->logits')])
    expect(loose).toMatchObject({ edgeCount: 2, connectedCount: 0 })
    expect(loose.metric).toBeCloseTo(none.metric, 6)
    expect((await of([named('input->m0'), named('m0->logits'), named('a0.1->logits')])).connectedCount).toBe(2)
  })

  test('random circuits are drawn by seed and lie on the same sizes', async () => {
    const random = await it.client.circuits.randomCurve({ ...at, ...terms, draws: 3 })
    const again = await it.client.circuits.randomCurve({ ...at, ...terms, draws: 3 })

    expect([...random.mean.data]).toEqual([...again.mean.data])
    expect(random.kept.data.at(-1)).toBe(46)
    expect(random.mean.data.at(-1)).toBeCloseTo(1, 5)
    const { lowest, mean, highest } = random
    mean.data.forEach((value, i) => expect(lowest.data[i]! <= value && value <= highest.data[i]!).toBe(true))
    expect(highest.data.some((value, i) => value - lowest.data[i]! > 1e-3)).toBe(true)
  })

  test('the effect of an edge pair by pair has the exact score as its mean', async () => {
    const { scores } = (await scored('exact-edges')).at(-1)!
    const edge = largestOf(scores.data, 1)[0]!
    const { effect, clean, ablated } = await it.client.circuits.edge({ ...at, ...terms, edge })

    expect(clean.shape).toEqual([6])
    expect(effect).toBeCloseTo(scores.data[edge]!, 5)
    const mean = Array.from(clean.data).reduce((sum, value, i) => sum + ablated.data[i]! - value, 0) / 6
    expect(mean).toBeCloseTo(scores.data[edge]!, 5)
  })

  test('the time that scoring takes is reckoned before it is asked for, and agreement is of whole scores', async () => {
    const time = await it.client.circuits.estimate({ ...at, ...terms, ...exact })
    const exactly = (await scored('exact-edges')).at(-1)!.scores
    const same = await it.client.circuits.agreement({ ...at, exact: exactly, estimate: exactly, topCount: 10 })
    const random = (await scored('random')).at(-1)!.scores

    expect(time.totalMs).toBeGreaterThanOrEqual(time.spentMs)
    expect(same).toEqual({ spearman: expect.closeTo(1, 12) as number, topOverlap: 1, topCount: 10 })
    expect((await it.client.circuits.agreement({ ...at, exact: exactly, estimate: random, topCount: 10 })).spearman).toBeLessThan(0.6)
    const partial = namedArray(['edge'], [46], new Float64Array(46).fill(NaN))
    const refused = it.client.circuits.agreement({ ...at, exact: partial, estimate: exactly, topCount: 10 })
    await expect(refused).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('edge 0 is NaN') as string })
  })

  test('checks of a circuit are those of the lab, and say so of every edge, set and resample', async () => {
    const { scores } = (await scored('exact-edges')).at(-1)!
    const edges = [...largestOf(scores.data, 9)].sort((x, y) => x - y)
    const asked = { ...at, ...terms, edges: edgesOf(edges) }
    const alone = await it.client.circuits.circuit(asked)
    const sufficiency = await it.client.circuits.sufficiency({ ...asked, seed: 0, draws: 3 })
    const minimality = await it.client.circuits.minimality(asked)
    const completeness = await it.client.circuits.completeness({ ...asked, seed: 0, draws: 4, searches: 1, rounds: 2, candidates: 2 })
    const stability = await it.client.circuits.stability({ ...at, ...terms, methodId: 'exact-edges', settings: {}, count: 9, resamples: 100, seed: 0 })

    expect(sufficiency.alone).toBeCloseTo(alone.faithfulness!, 5)
    expect(sufficiency.withoutOther).toBeUndefined()
    expect([...minimality.edges.data]).toEqual(edges)
    const without = await it.client.circuits.circuit({ ...asked, edges: edgesOf(edges.slice(1)) })
    expect(minimality.changes.data[0]).toBeCloseTo(without.metric - alone.metric, 5)
    expect(minimality.wholeChanges.data[0]).toBeCloseTo(scores.data[edges[0]!]!, 5)
    expect([completeness.circuit.shape, completeness.drawnCount]).toEqual([[5], 4])
    const gaps = Array.from(completeness.circuit.data, (value, i) => Math.abs(value - completeness.whole.data[i]!))
    expect(completeness.worst).toBeGreaterThanOrEqual(Math.max(...gaps) - 1e-9)
    expect([stability.jaccards.shape, stability.heldShare.shape]).toEqual([[100], [46]])
    expect(Array.from(stability.heldShare.data).reduce((sum, share) => sum + share, 0)).toBeCloseTo(9, 6)
    const unscored = it.client.circuits.stability({ ...at, ...terms, methodId: 'random', settings: {}, count: 9, resamples: 100, seed: 0 })
    await expect(unscored).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining('no pair by itself') as string })
  })

  test('unknown methods and edges that are not there are refused in words', async () => {
    const refusal = (message: string) => ({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining(message) as string })

    await expect(scored('guess')).rejects.toMatchObject(refusal("unknown method 'guess'; known: "))
    await expect(it.client.circuits.edge({ ...at, ...terms, edge: 46 })).rejects.toMatchObject(refusal('edges 0 to 45'))
    await expect(it.client.circuits.circuit({ ...at, ...terms, edges: edgesOf([60]) })).rejects.toMatchObject(refusal('no edge 60'))
  })

  test('a perceptron has a graph of inputs, neurons and outputs, whose edges are scored and run alone', async () => {
    const { runId, jobId } = await it.client.runs.start({ name: 'perceptron', spec: tinyRun({ steps: 1 }) })
    await ended(it.client, jobId)
    const there = { runId, step: 1 }
    const graph = await it.client.circuits.graph(there)
    const kinds = new Set(graph.nodes.map(({ kind }) => kind))
    const neurons = graph.nodes.filter(({ kind }) => kind === 'neuron').length
    const outputs = graph.nodes.filter(({ kind }) => kind === 'output').length

    expect([...kinds]).toEqual(['input', 'neuron', 'output'])
    expect(graph).toMatchObject({ layers: 1, heads: 0, edgeCount: neurons * (2 + outputs) })
    expect(nameIn(graph, 0)).toBe('x0->h0.0')
    expect(nameIn(graph, graph.edgeCount - 1)).toBe(`h0.${neurons - 1}->y${outputs - 1}`)

    const events: EdgeScores[] = []
    await it.client.circuits.score({ ...there, ...terms, ...exact }, (event) => void events.push(event))
    const { scores, done } = events.at(-1)!
    const whole = await it.client.circuits.circuit({ ...there, ...terms, edges: edgesOf(Array.from({ length: graph.edgeCount }, (_, edge) => edge)) })
    expect(done).toBe(graph.edgeCount)
    expect([...scores.data].some((score) => Math.abs(score) > 1e-6)).toBe(true)
    expect(whole.metric).toBeCloseTo(whole.whole, 5)
  })
})

describe('a circuit as a file', () => {
  const record = {
    format: 'grokscope-circuit',
    version: 1,
    title: 'addition',
    network: { run: 'tiny', step: 2, layers: 1, heads: 1 },
    how: { definition: 'd', source: 's', spec: {}, backend: 'cpu', elapsedMs: 1 },
    threshold: 0.5,
    nodes: [
      { name: 'input', kind: 'input', layer: -1 },
      { name: 'a0.0', kind: 'head', layer: 0, head: 0 },
    ],
    edges: [{ from: 'input', to: 'a0.0', letter: 'q', score: -0.75 }],
    annotations: { pinned: [], hidden: [], expanded: ['a0.0'], groups: [{ title: 'readers', nodes: ['a0.0'] }], notes: { 'a0.0': 'adds' } },
    layout: { 'a0.0': { x: 0.25, y: 0.5 } },
  }
  const read = (change: object) => it.client.circuits.read({ text: JSON.stringify({ ...record, ...change }) })

  test('is read as it was written', async () => {
    expect(await read({})).toEqual(record)
  })

  test('is refused with what is wrong and where', async () => {
    const says = (message: string) => ({ code: 'ARGUMENTS_INVALID', message: expect.stringContaining(message) as string })

    await expect(it.client.circuits.read({ text: '{' })).rejects.toMatchObject(says('it is no JSON'))
    await expect(read({ version: 2 })).rejects.toMatchObject(says('version'))
    await expect(read({ edges: [{ from: 'input', to: 'a0.0', score: 'much' }] })).rejects.toMatchObject(says('edges.0.score'))
    await expect(read({ edges: [{ from: 'input', to: 'm9', score: 1 }] })).rejects.toMatchObject(says("have no 'm9'"))
  })
})
