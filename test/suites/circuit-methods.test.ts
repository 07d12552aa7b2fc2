/**
 * Every circuit method: equal findings for equal arguments, complete scores that are the mean of their pairs', nothing
 * owed to edges that carry nothing (negative controls) and something to others (positive), no tensor left when stopped.
 */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { checkSettings, defaultsOf, type SettingValues } from '@main/base/settings'
import { circuitMethods } from '@main/lab/interpret/circuit-methods'
import { finish, type CircuitFinding, type CircuitMethod } from '@main/lab/interpret/circuit-methods/circuit-method'
import { meanOverPairs } from '@main/lab/interpret/components/circuit-examples'
import { circuitGraph, edgeName, nodeCount, type CircuitGraph } from '@main/lab/interpret/components/circuit-graph'
import type { CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { transformerSettings } from '@main/lab/interpret/components/head-weights'
import mlp from '@main/lab/models/mlp'
import { createNetwork, type Network } from '@main/lab/models/network'
import { expectClose, useBackend } from '../fixtures/backends'
import { randomPairs } from '../fixtures/pairs'
import { tinyTransformer } from '../fixtures/transformers'

const pairs = randomPairs(3)
const plan: CircuitPlan = { pairs, metric: 'logit-difference', ablation: 'resample' }

/** One layer of two heads and an MLP: 13 edges, of which those from and to head 0 carry nothing. */
function withDeadHead<T>(use: (network: Network, graph: CircuitGraph) => T): T {
  const settings = { n_layers: 1 }
  const whole = tinyTransformer({ settings })
  const W_O = whole.arrays['blocks.0.attn.W_O']!
  whole.dispose()
  const mute = { ...W_O, data: W_O.data.map((x, i) => (i < W_O.data.length / 2 ? 0 : x)) }
  const network = tinyTransformer({ settings, arrays: { 'blocks.0.attn.W_O': mute } })
  try {
    return use(network, circuitGraph(transformerSettings(network)))
  } finally {
    network.dispose()
  }
}

const found = (method: CircuitMethod, network: Network, change: Partial<CircuitPlan> = {}, settings: SettingValues = {}): CircuitFinding =>
  finish(method, network, { plan: { ...plan, ...change }, settings: { ...defaultsOf(method.fields), ...settings } as never }) // of its fields

describe.each([...circuitMethods])('$id', (method) => {
  useBackend('cpu')

  test('says what it computes and where that comes from, with settings it accepts', () => {
    expect(method.definition.length).toBeGreaterThan(40)
    expect(method.source).toMatch(/arXiv:\d{4}\.\d{5}|baseline/)
    expect(method.title).toMatch(/^[A-Z]/)
    expect(checkSettings(method.fields, defaultsOf(method.fields))).toMatchObject({ ok: true })
  })

  test('finds the same twice, scores everything, and counts up to the end', () => {
    withDeadHead((network, graph) => {
      const steps = method.run(network, plan, defaultsOf(method.fields))
      const progress: number[] = []
      let last = steps.next()
      for (; !last.done; last = steps.next()) progress.push(last.value.done / last.value.total)
      const { scores, kept } = last.value

      expect(last.value).toEqual(found(method, network))
      expect(scores.length).toBe(method.over === 'edges' ? graph.edgeCount : nodeCount(graph))
      expect(scores.every(Number.isFinite)).toBe(true)
      expect(progress).toEqual([...progress].sort((x, y) => x - y))
      expect(progress.at(-1)).toBe(1)
      expect(kept?.length).toBe(method.gives === 'circuit' ? graph.edgeCount : undefined)
    })
  })

  test('the score of all pairs is the mean of the pairs’ own', () => {
    withDeadHead((network) => {
      const { scores, examples } = found(method, network)
      const means = examples ? meanOverPairs(examples, pairs.count) : scores

      expectClose(scores, means, { atol: 1e-6 })
      expect(examples === undefined || new Set(examples).size > scores.length).toBe(true)
    })
  })

  test('owes nothing to a head that writes nothing, and something to others', () => {
    withDeadHead((network, graph) => {
      if (method.reads === 'nothing') return expect(new Set(found(method, network).scores).size).toBeGreaterThan(graph.edgeCount / 2)
      const { scores, kept } = found(method, network)
      const names = method.over === 'edges' ? Array.from(scores, (_, edge) => edgeName(graph, edge)) : graph.writers.map(({ name }) => name)
      const dead = [...scores].filter((_, i) => /^a0\.0(->|$)/.test(names[i]!))

      expect(dead.length).toBeGreaterThan(0)
      expect(Math.max(...dead.map(Math.abs))).toBeLessThan(1e-6)
      expect(Math.max(...scores.map(Math.abs))).toBeGreaterThan(1e-3)
      expect(names.filter((name, edge) => kept?.[edge] && name.startsWith('a0.0->'))).toEqual([])
    })
  })

  test('where the corrupted run is the clean one, or another, scores are what the method reads', () => {
    withDeadHead((network) => {
      const { scores } = found(method, network, { pairs: { ...pairs, corrupted: pairs.clean } })
      const wanted = method.reads === 'substitutes' ? scores.map(() => 0) : found(method, network).scores

      expectClose(scores, wanted, { atol: 1e-5 })
    })
  })

  test('gives each position edges of its own where asked, or says why not', () => {
    withDeadHead((network, graph) => {
      const change = { byPosition: true }
      const refusal = method.unsuitable(network, { ...plan, ...change })
      if (refusal !== undefined) return expect(refusal).toMatch(/position|edges/)
      const { scores } = found(method, network, change)

      expect(scores.length).toBe(pairs.length * (method.over === 'edges' ? graph.edgeCount : nodeCount(graph)))
      expect(scores.every(Number.isFinite)).toBe(true)
    })
  })

  test('leaves nothing behind when stopped on the way', () => {
    withDeadHead((network) => {
      const steps = method.run(network, plan, defaultsOf(method.fields))

      expect(steps.next().done).toBe(false)
      expect(steps.return(undefined as never).done).toBe(true)
    })
  })

  test('runs on a perceptron as well, or refuses it by name', () => {
    const dims = { n_ctx: 5, d_vocab: 7, d_vocab_out: 7 }
    const settings: SettingValues = { ...defaultsOf(mlp.fields), d_mlp: 2 }
    const perceptron = createNetwork(mlp, settings, dims, mlp.init(settings as never, dims, createRng(1)).params)

    const why = method.unsuitable(perceptron, plan)
    if (why !== undefined) expect(why).toMatch(/mlp|edges/)
    else expect(finish(method, perceptron, { plan, settings: defaultsOf(method.fields) }).scores.every(Number.isFinite)).toBe(true)
    withDeadHead((network) => expect(method.unsuitable(network, plan)).toBeUndefined())
    perceptron.dispose()
  })
})
