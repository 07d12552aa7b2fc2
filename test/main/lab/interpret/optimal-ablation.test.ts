/** Optimal constants: a closed form, what they are never worse than, and that they are told. */
import { describe, expect, test } from 'vitest'
import { scoped } from '@main/engine/tf'
import * as words from '@contract/words'
import exactNodes from '@main/lab/interpret/circuit-methods/exact-nodes'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import { withoutGraph } from '@main/lab/interpret/components/circuit-suitability'
import { recordCircuit, type AblationRecord, type CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { ablationDefinitions, edgeAblations } from '@main/lab/interpret/components/edge-runner'
import { constantSteps } from '@main/lab/interpret/components/optimal-constants'
import { sequencesOf, wholeOf } from '@main/lab/interpret/components/pairs'
import type { Network } from '@main/lab/models/network'
import { expectClose, useBackend, valuesOf } from '../../../fixtures/backends'
import { randomPairs } from '../../../fixtures/pairs'
import { relayNetwork } from '../../../fixtures/relay-network'
import { tinyTransformer } from '../../../fixtures/transformers'

const plan: CircuitPlan = { pairs: randomPairs(6), metric: 'kl-divergence', ablation: 'optimal' }

function ablationOf(network: Network, ablation = plan.ablation): AblationRecord {
  const recording = recordCircuit(network, { ...plan, ablation })
  recording.dispose()
  return recording.ablation
}

describe('optimal constants', () => {
  useBackend('cpu')

  test('in place of all that the logits read give the mean distribution, and its mean divergence from the pairs’', () => {
    const network = relayNetwork()
    const { constants } = ablationOf(network)
    const logits = scoped(() => valuesOf(network.run(sequencesOf(plan.pairs, 'clean', wholeOf(plan.pairs)))))
    network.dispose()
    const rows = Array.from({ length: 6 }, (_, pair) => logits.slice(pair * 7, pair * 7 + 7).map(Math.exp))
    const each = rows.map((row) => row.map((value) => value / row.reduce((sum, one) => sum + one, 0)))
    const mean = each[0]!.map((_, i) => each.reduce((sum, row) => sum + row[i]! / 6, 0))
    const divergence = each.reduce((sum, row) => sum + row.reduce((total, p, i) => total + (p * Math.log(p / mean[i]!)) / 6, 0), 0)
    const written = [...constants!.values.slice(2 * 24 + 16, 2 * 24 + 23)].map(Math.exp) // of a1.0, the third block

    expect(constants!.loss[2]).toBeCloseTo(divergence, 5)
    expectClose(written.map((value) => value / written.reduce((sum, one) => sum + one, 0)), mean, { atol: 2e-3 })
    expect(constants!.meanLoss[2]! - divergence).toBeGreaterThan(1e-5)
  })

  test('never do worse than the mean, and mostly better, for nodes ablated as the methods ablate them', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN', n_layers: 1 } })
    const effects = (ablation: CircuitPlan['ablation']): Float64Array => finish(exactNodes, network, { plan: { ...plan, ablation }, settings: {} }).scores
    const [optimal, mean] = [effects('optimal'), effects('mean')]
    const { constants } = ablationOf(network)
    network.dispose()

    expectClose(optimal, constants!.loss, { atol: 1e-5 })
    expectClose(mean, constants!.meanLoss, { atol: 1e-5 })
    expect(optimal.every((loss, writer) => loss <= mean[writer]! + 1e-6)).toBe(true)
    expect(optimal.filter((loss, writer) => loss < 0.95 * mean[writer]!).length).toBeGreaterThan(1)
  })

  test('are told with what they were trained to, as every ablation tells what it is', () => {
    const network = tinyTransformer({ settings: { n_layers: 1 } })
    const told = edgeAblations.map((ablation) => ablationOf(network, ablation))
    network.dispose()

    expect(edgeAblations).toEqual(words.edgeAblations)
    expect(told.map(({ definition }) => definition)).toEqual(edgeAblations.map((ablation) => ablationDefinitions[ablation]))
    expect(told.at(-1)).toMatchObject({ ablation: 'optimal', pairCount: 6, length: 5, byPosition: false, constants: { steps: constantSteps } })
    expect(told.slice(0, -1).every(({ constants }) => constants === undefined)).toBe(true)
  })

  test('are refused where there are too many writers, in numbers', () => {
    const network = tinyTransformer({ settings: { n_layers: 30 } })

    expect(withoutGraph(network, plan)).toMatch(/at most 64 writers; this network has 91/)
    expect(withoutGraph(network, { ...plan, ablation: 'mean' })).toBeUndefined()
    network.dispose()
  })
})
