import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { namedArray } from '@main/base/array'
import fourier, { defaultRoleThresholds, neuronSpectrum, roles, rolesOf } from '@main/lab/interpret/fourier'
import { cosineArrays, cosineNeurons, networkOf, randomArrays } from './cosine-network'

const measure = (network: ReturnType<typeof networkOf>): ReturnType<typeof fourier.measure> => fourier.measure(network, {})

describe('neurons of the analytic solution, p = 23', () => {
  const p = 23
  const neurons = cosineNeurons(p, 22, createRng(3))
  const network = networkOf(p, cosineArrays(p, neurons))
  const measured = measure(network)

  test('every neuron has an inverse participation ratio of 1, in each part and in the mean', () => {
    for (const ipr of [measured.ipr, measured.iprInputA, measured.iprInputB, measured.iprOutput]) {
      for (const value of ipr.data) expect(value).toBeCloseTo(1, 5)
    }
  })
  test('the dominant harmonic is the one the weights were made with', () => {
    expect([...measured.freq.data]).toEqual(neurons.map(({ freq }) => freq))
  })
  test('the phases are those of the weights, and the output phase is the sum of the input phases', () => {
    neurons.forEach(({ phaseA, phaseB }, k) => {
      const [a, b, output] = measured.phase.data.slice(3 * k, 3 * k + 3) as unknown as [number, number, number]
      expect(a).toBeCloseTo(phaseA, 5)
      expect(b).toBeCloseTo(phaseB, 5)
      expect(Math.cos(output - phaseA - phaseB)).toBeCloseTo(1, 10)
    })
  })
  test('the norm is sqrt(3 p / 2), that of three cosines over all residues', () => {
    for (const norm of measured.norm.data) expect(norm).toBeCloseTo(Math.sqrt((3 * p) / 2), 4)
  })
  test('every neuron is generalizing', () => {
    expect(new Set(measured.role.data)).toEqual(new Set([roles.indexOf('generalizing')]))
  })
  test('the spectrum of one neuron is a unit spike at its harmonic in all three parts', () => {
    const spectrum = neuronSpectrum(network, 4)

    const expected = new Float32Array(3 * 12)
    for (let part = 0; part < 3; part++) expected[part * 12 + neurons[4]!.freq] = 1
    expect(spectrum.shape).toEqual([3, 12])
    spectrum.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
  })
})

test('a single spike and an equal mixture of m harmonics have IPR by hand: 1 / (p + 1) * 2 and 1 / m', () => {
  const p = 11
  const arrays = randomArrays(p, 1, createRng(1))
  const mixture = Float32Array.from({ length: p }, (_, n) => [1, 2, 4].reduce((sum, f) => sum + Math.cos((2 * Math.PI * f * n) / p), 0))
  const spike = Float32Array.from({ length: p }, (_, n) => (n === 5 ? 2 : 0))
  const W_in = namedArray(['pos', 'd_vocab', 'd_mlp'], [2, p, 1], Float32Array.from([...mixture, ...spike]))

  const { iprInputA, iprInputB } = measure(networkOf(p, { ...arrays, W_in }))

  expect(iprInputA.data[0]).toBeCloseTo(1 / 3, 5)
  expect(iprInputB.data[0]).toBeCloseTo(1 / 6, 5)
})

test('random weights have a small IPR and count as memorizing', () => {
  const measured = measure(networkOf(59, randomArrays(59, 40, createRng(2))))

  expect(Math.max(...measured.ipr.data)).toBeLessThan(defaultRoleThresholds.memorizingIpr)
  expect(new Set(measured.role.data)).toEqual(new Set([roles.indexOf('memorizing')]))
})

test('a neuron of zero weights has IPR 0, norm 0 and is dead', () => {
  const arrays = cosineArrays(7, cosineNeurons(7, 2, createRng(1)))
  const W_in = { ...arrays['W_in']!, data: arrays['W_in']!.data.map((value, i) => (i % 2 === 0 ? 0 : value)) }
  const W_out = { ...arrays['W_out']!, data: arrays['W_out']!.data.map((value, i) => (i < 7 ? 0 : value)) }

  const measured = measure(networkOf(7, { ...arrays, W_in, W_out }))

  expect([measured.ipr.data[0], measured.norm.data[0], roles[measured.role.data[0]!]]).toEqual([0, 0, 'dead'])
  expect(roles[measured.role.data[1]!]).toBe('generalizing')
})

test('BatchNorm adds |gamma| to each neuron', () => {
  const hidden = (values: number[]): ReturnType<typeof namedArray<Float32Array>> =>
    namedArray(['d_mlp'], [2], Float32Array.from(values))
  const arrays = { ...randomArrays(5, 2, createRng(1)), gamma: hidden([-3, 0.5]), beta: hidden([0, 0]) }

  const { extra } = measure(networkOf(5, arrays))

  expect(extra.map(({ id, values }) => [id, [...values.data]])).toEqual([['gamma', [3, 0.5]]])
})

test('thresholds divide: at a threshold counts as above it', () => {
  const role = rolesOf([0.5, 0.49, 0.15, 0.14, 0.9], [1, 1, 1, 1, 0.009], defaultRoleThresholds)

  expect([...role.data].map((index) => roles[index])).toEqual(['generalizing', 'between', 'between', 'memorizing', 'dead'])
})

test('a network without W_in is refused by naming what it lacks', () => {
  const { W_out, b_out } = randomArrays(5, 3, createRng(1))

  expect(fourier.unsuitable(networkOf(5, { W_out: W_out!, b_out: b_out! }))).toContain('no W_in')
})
