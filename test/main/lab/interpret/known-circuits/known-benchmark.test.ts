import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { circuitMethods } from '@main/lab/interpret/circuit-methods'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import { areaUnderRoc } from '@main/lab/interpret/components/roc'
import { knownCircuits } from '@main/lab/interpret/known-circuits'
import { benchmark, judgeable, quantile, summarize, type BenchmarkRow } from '@main/lab/interpret/known-circuits/components/known-benchmark'
import { compiledCircuit, createKnownNetwork } from '@main/lab/interpret/known-circuits/components/known-network'
import { knownPairs } from '@main/lab/interpret/known-circuits/components/known-pairs'
import { createNetwork } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import { everywhere, useBackend } from '../../../../fixtures/backends'

const few = ['induction', 'xor', 'reverse', 'dyck', 'seen-before', 'max'].map((id) => knownCircuits.require(id))
const methods = ['exact-edges', 'eap-ig', 'eap', 'random'].map((id) => circuitMethods.require(id))

describe('a few known circuits', () => {
  useBackend(everywhere.at(-1)!)
  const rows = (): BenchmarkRow[] => [
    ...benchmark({ circuits: few, methods, variants: ['plain', 'noised'], pairCount: 32, seed: 1 }),
  ]

  test('are found by exact patching and by integrated gradients, and not by chance', () => {
    const medianOf = new Map(summarize(rows()).map(({ methodId, median }) => [methodId, median]))

    expect(medianOf.get('exact-edges')).toBeGreaterThanOrEqual(0.95)
    expect(medianOf.get('eap-ig')).toBeGreaterThanOrEqual(0.9)
    expect(Math.abs(medianOf.get('random')! - 0.5)).toBeLessThan(0.2)
  })

  test('are judged alike every time', () => {
    const areas = (): number[] => rows().map(({ auroc }) => auroc)

    expect(areas()).toEqual(areas())
  })

  test('exact scores say nothing of edges drawn at random, nor those of an untrained network of the true ones', () => {
    const exact = circuitMethods.require('exact-edges')
    const areas = few.map((circuit) => {
      const { network, truth } = createKnownNetwork(circuit, 'noised')
      const plan = { pairs: knownPairs(circuit, { count: 32, seed: 1 }), metric: 'logit-difference', ablation: 'resample' } as const
      const scores = finish(exact, network, { plan, settings: {} }).scores.map(Math.abs)
      network.dispose()
      const drawn = Array.from({ length: 200 }, (_, i) => {
        const order = createRng(i).permutation(truth.length)
        return areaUnderRoc(scores, truth.map((_member, edge) => truth[order[edge]!]!))
      })
      const { settings, dims } = compiledCircuit(circuit)
      const { params } = transformer.init(settings as never, dims, createRng(1)) // settings of a transformer
      const untrained = createNetwork(transformer, settings, dims, params)
      const ofUntrained = areaUnderRoc(finish(exact, untrained, { plan, settings: {} }).scores.map(Math.abs), truth)
      untrained.dispose()
      return { drawn: drawn.reduce((sum, area) => sum + area, 0) / drawn.length, ofUntrained }
    })

    for (const { drawn } of areas) expect(Math.abs(drawn - 0.5)).toBeLessThan(0.06)
    expect(quantile(areas.map(({ ofUntrained }) => ofUntrained).sort((x, y) => x - y), 0.5)).toBeLessThan(0.9)
  })

  test('a method over nodes is not judged by edges', () => {
    expect(methods.every(judgeable)).toBe(true)
    expect(judgeable({ ...methods[0]!, over: 'nodes' })).toBe(false)
  })
})

describe('a summary', () => {
  const row = (auroc: number, over: Partial<BenchmarkRow> = {}): BenchmarkRow => ({
    circuitId: 'xor', variant: 'plain', methodId: 'eap', auroc, elapsedMs: 10, edgeCount: 5, trueCount: 2, ...over,
  })

  test('has quartiles between the neighbours, and the network of the least', () => {
    const [summary] = summarize([row(1), row(0.5, { circuitId: 'sort' }), row(0.9), row(0.8), row(NaN, { unsuitable: 'it has no heads' })])

    expect(summary).toEqual({
      methodId: 'eap', networkCount: 4, median: expect.closeTo(0.85, 12), lowerQuartile: expect.closeTo(0.725, 12),
      upperQuartile: expect.closeTo(0.925, 12), least: 0.5, worst: 'sort, plain', totalMs: 40,
    })
  })
})
