/** Analyses of heads and of the residual stream against PyTorch, which computes them by another road. */
import { describe, expect, test } from 'vitest'
import { namedArray } from '@main/base/array'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import attentionPatterns from '@main/lab/interpret/attention-patterns'
import directLogitAttribution from '@main/lab/interpret/direct-logit-attribution'
import headScores, { headScoreIds } from '@main/lab/interpret/head-scores'
import logitLens from '@main/lab/interpret/logit-lens'
import residualDecomposition from '@main/lab/interpret/residual-decomposition'
import type { Dimensions } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import golden from '../../../golden/attention_and_lens.json'
import { expectClose } from '../../../fixtures/backends'

type Case = (typeof golden.cases)[number]

function networkOf({ settings, dims, params }: Case): Network {
  const arrays = Object.entries(params).map(([name, { shape, values }]) => {
    const axes = Array.from(shape, (_, i) => `axis ${i}`)
    return [name, namedArray(axes, shape, Float32Array.from(values))] as const
  })
  const complete: SettingValues = { ...defaultsOf(transformer.fields), ...settings }
  return createNetwork(transformer, complete, dims as Dimensions, Object.fromEntries(arrays))
}

const close = { atol: golden.header.tolerance }

describe.each(golden.cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
  const sequences = { tokens: Int32Array.from(one.tokens), length: one.dims.n_ctx }
  const measured = <T>(measure: (network: Network) => T): T => {
    const network = networkOf(one)
    try {
      return measure(network)
    } finally {
      network.dispose()
    }
  }

  test('patterns, weighted by values or not, and scores', () => {
    const cells = (kind: 'pattern' | 'value-weighted' | 'scores'): Float32Array =>
      measured((network) => attentionPatterns.measure(network, { sequences, kind }).data)

    expectClose(cells('pattern'), one.patterns.pattern, close)
    expectClose(cells('value-weighted'), one.patterns.valueWeighted, close)
    expectClose(cells('scores').map((value) => (Number.isNaN(value) ? 0 : value)), one.patterns.scores, close)
  })

  test('scores of heads', () => {
    const { data } = measured((network) => headScores.measure(network, { sequences }))

    expectClose(data, headScoreIds.flatMap((id) => one.headScores[id]), close)
  })

  test('the logit lens at every place', () => {
    const answers = new Int32Array(sequences.tokens.length).fill(-1)
    one.positions.forEach((pos, row) => void (answers[row * sequences.length + pos] = one.answers[row]!))
    const reading = measured((network) => logitLens.measure(network, { sequences, answers, topCount: 1 }))

    const answered = (data: Float32Array): number[] => [...data].filter((value) => !Number.isNaN(value))
    expect(reading.points).toEqual(one.lens.points)
    expectClose(reading.kl.data, one.lens.kl.flat(2), close)
    expectClose(answered(reading.answerProbability.data), one.lens.answerProbability.flat(), close)
    expect(answered(reading.answerRank.data)).toEqual(one.lens.answerRank.flat())
    expect([...reading.top.data]).toEqual(one.lens.top.flat(2))
  })

  test('attribution is the gradient with the norm’s scale detached, times what was written', () => {
    const { attribution, positions, answers } = one
    const found = measured((network) =>
      directLogitAttribution.measure(network, {
        sequences,
        positions: Int32Array.from(positions),
        answers: Int32Array.from(answers),
        target: 'logit',
        neuronCount: 100,
      }),
    )

    expect(found.logit).toBeCloseTo(attribution.logit, 4)
    expectClose(found.heads.data, attribution.heads, close)
    expectClose(found.sources.data, attribution.sources, close)
    for (const { layer, neuron, value } of found.neurons) expect(value).toBeCloseTo(attribution.neurons[layer]![neuron]!, 4)
    expect(found.neurons).toHaveLength(attribution.neurons.flat().length)
    for (const [id, value] of Object.entries(attribution.single)) {
      expect(found.components.find((part) => part.id === id)?.value).toBeCloseTo(value, 4)
    }
  })

  test('norms and cosines of the stream', () => {
    const found = measured((network) => residualDecomposition.measure(network, { sequences }))

    for (const key of ['norm', 'finalCosine', 'writeNorm', 'writeCosine'] as const) {
      expectClose(found[key].data, one.decomposition[key], close)
    }
  })
})
