import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { connected, edgeName } from '@main/lab/interpret/components/circuit-graph'
import { graphOf } from '@main/lab/interpret/components/perceptron-graph'
import mlp from '@main/lab/models/mlp'
import mlpStack from '@main/lab/models/mlp-stack'
import type { Model } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'

function within<T>(model: Model, settings: SettingValues, use: (network: Network) => T): T {
  const complete = { ...defaultsOf(model.fields), ...settings }
  const dims = { n_ctx: 2, d_vocab: 3, d_vocab_out: 2 }
  const { params, buffers } = model.init(complete as never, dims, createRng(3)) // every key is a field's
  const network = createNetwork(model, complete, dims, { ...params, ...buffers })
  try {
    return use(network)
  } finally {
    network.dispose()
  }
}

describe('the graph of a perceptron', () => {
  test('of one layer has an edge from each input to each neuron and from each neuron to each output', () => {
    const names = within(mlp, { d_mlp: 3 }, (network) => {
      const graph = graphOf(network)
      return Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge))
    })

    const into = [0, 1, 2].flatMap((neuron) => [`x0->h0.${neuron}`, `x1->h0.${neuron}`])
    const out = [0, 1].flatMap((output) => [0, 1, 2].map((neuron) => `h0.${neuron}->y${output}`))
    expect(names).toEqual([...into, ...out])
  })

  test('of two layers keeps of a set what lies on a way from an input to an output', () => {
    within(mlpStack, { d_mlp: 2, n_layers: 2 }, (network) => {
      const graph = graphOf(network)
      const wanted = ['x1->h0.0', 'x0->h0.1', 'h0.0->h1.1', 'h1.1->y0', 'h1.0->y1']
      const edges = Array.from({ length: graph.edgeCount }, (_, edge) => edge)

      const left = connected(graph, Uint8Array.from(edges, (edge) => (wanted.includes(edgeName(graph, edge)) ? 1 : 0)))

      expect(graph.edgeCount).toBe(12)
      expect(edges.filter((edge) => left[edge]).map((edge) => edgeName(graph, edge))).toEqual(['x1->h0.0', 'h0.0->h1.1', 'h1.1->y0'])
    })
  })
})
