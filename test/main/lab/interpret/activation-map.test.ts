import { expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import activationMap from '@main/lab/interpret/activation-map'
import { cosineArrays, cosineNeurons, networkOf } from './cosine-network'

test('the map of an analytic neuron is the square of its two cosines, a down and b across', () => {
  const p = 7
  const neurons = cosineNeurons(p, 3, createRng(5))
  const { freq, phaseA, phaseB } = neurons[1]!

  const map = activationMap.measure(networkOf(p, cosineArrays(p, neurons)), { neuron: 1 })

  const turn = (2 * Math.PI * freq) / p
  expect(map.axes).toEqual(['a', 'b'])
  map.data.forEach((value, i) => {
    const [a, b] = [Math.floor(i / p), i % p]
    expect(value).toBeCloseTo((Math.cos(turn * a + phaseA) + Math.cos(turn * b + phaseB)) ** 2, 4)
  })
})
