/** The analytic network as the main process would answer, and the four states of the view. */
import type { Neuron, Neurons, Provenance, PruneArgs, PruneCurve, RoleThresholds } from '@contract/interpret'
import type { Frame } from '@contract/frames'
import type { ViewFixtures } from '../../workbench/view'
import {
  accuraciesWithout,
  activation,
  createAnalyticNetwork,
  modulus,
  participation,
  spectrum,
} from './analytic-network'

export const network = createAnalyticNetwork()
export const at = { runId: 'run-1', step: 400 } as const

const thresholds: RoleThresholds = { generalizingIpr: 0.5, memorizingIpr: 0.15, deadNorm: 0.01 }
const frame = (axes: readonly string[], shape: readonly number[], data: Frame['data']) => ({
  axes,
  shape,
  data,
})
const perNeuron = (value: (neuron: number) => number) =>
  frame(
    ['neuron'],
    [network.count],
    Float32Array.from({ length: network.count }, (_, i) => value(i)),
  )

export const how: Provenance = {
  definition:
    'The inverse participation ratio of a weight vector x is (‖F x‖₄ ⁄ ‖F x‖₂)⁴, with F the real Fourier ' +
    'transform over the residues; a neuron has the mean over its two input rows and its output column.',
  source: 'arXiv:2310.13061, eq. 3–4',
  spec: {
    run: 'analytic solution',
    step: 400,
    modulus,
    neurons: network.count,
    seed: 1,
    checkpoint: '9f1c62d07be4',
  },
  backend: 'wasm',
  elapsedMs: 3.2,
}

const parts = network.inputA.map((a, i) => [a, network.inputB[i]!, network.output[i]!].map(spectrum))
const iprs = parts.map((spectra) => spectra.map(participation))
const meanIpr = (neuron: number): number => iprs[neuron]!.reduce((sum, value) => sum + value, 0) / 3
const normOf = (neuron: number): number =>
  Math.hypot(...network.inputA[neuron]!, ...network.inputB[neuron]!, ...network.output[neuron]!)
const largest = Math.max(...network.inputA.map((_, i) => normOf(i)))

function dominant(neuron: number): number {
  const power = parts[neuron]![0]!.map((_, freq) =>
    parts[neuron]!.reduce((sum, one) => sum + one[freq]! ** 2, 0),
  )
  return power.indexOf(Math.max(...power))
}

function roleOf(neuron: number, given: RoleThresholds): number {
  if (normOf(neuron) < given.deadNorm * largest) return 3
  if (meanIpr(neuron) >= given.generalizingIpr) return 0
  return meanIpr(neuron) < given.memorizingIpr ? 1 : 2
}

export function neurons(given: RoleThresholds = thresholds): Neurons {
  const phases = Float32Array.from(network.made.flatMap((source) => source?.phase ?? [0, 0, 0]))
  return {
    count: network.count,
    modulus,
    ipr: perNeuron(meanIpr),
    iprInputA: perNeuron((i) => iprs[i]![0]!),
    iprInputB: perNeuron((i) => iprs[i]![1]!),
    iprOutput: perNeuron((i) => iprs[i]![2]!),
    freq: frame(
      ['neuron'],
      [network.count],
      Int32Array.from({ length: network.count }, (_, i) => dominant(i)),
    ),
    phase: frame(['neuron', 'part'], [network.count, 3], phases),
    norm: perNeuron(normOf),
    role: frame(
      ['neuron'],
      [network.count],
      Int32Array.from({ length: network.count }, (_, i) => roleOf(i, given)),
    ),
    thresholds: given,
    extra: [{ id: 'gamma', title: '|γ|', values: perNeuron((i) => 0.07 + 0.04 * meanIpr(i)) }],
    how,
  }
}

const flat = (rows: readonly Float64Array[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => [...row]))

export function neuron(index: number): Neuron {
  const all = accuraciesWithout(network, new Set())
  const without = accuraciesWithout(network, new Set([index]))
  const pairs = Float32Array.from({ length: modulus ** 2 }, (_, pair) =>
    activation(network, index, Math.floor(pair / modulus), pair % modulus),
  )
  const rows = [network.inputA[index]!, network.inputB[index]!, network.output[index]!]
  return {
    index,
    spectrum: frame(['part', 'freq'], [3, (modulus + 1) / 2], flat(parts[index]!)),
    activation: frame(['a', 'b'], [modulus, modulus], pairs),
    weights: frame(['part', 'residue'], [3, modulus], flat(rows)),
    effect: {
      trainClean: without.trainClean - all.trainClean,
      trainCorrupted: without.trainCorrupted - all.trainCorrupted,
      test: without.test - all.test,
      trueLabel: without.trueLabel - all.trueLabel,
    },
    sameFreq: Array.from({ length: network.count }, (_, i) => i).filter(
      (i) => i !== index && dominant(i) === dominant(index),
    ),
    how,
  }
}

function orderOf({ order, freq = 2, seed = 0, picked = [] }: PruneArgs): readonly number[] {
  const all = Array.from({ length: network.count }, (_, i) => i)
  const by = (key: (neuron: number) => number): number[] => all.toSorted((x, y) => key(x) - key(y) || x - y)
  switch (order) {
    case 'ipr-ascending':
      return by(meanIpr)
    case 'ipr-descending':
      return by((i) => -meanIpr(i))
    case 'magnitude':
      return by(normOf)
    case 'frequency':
      return by((i) => Number(dominant(i) === freq))
    case 'random':
      return by((i) => ((i + 1) * 7919 * (seed + 1)) % 104_729)
    case 'hand-picked':
      return picked
  }
}

/** The first `done` of the order removed; all of it without. */
export function pruneCurve(args: PruneArgs, done?: number): PruneCurve {
  const order = orderOf(args)
  const reached = done ?? order.length
  const points = Array.from({ length: order.length + 1 }, (_, k) =>
    k <= reached ? accuraciesWithout(network, new Set(order.slice(0, k))) : undefined,
  )
  const curve = (key: 'trainClean' | 'trainCorrupted' | 'test' | 'trueLabel' | 'train') =>
    frame(
      ['removed'],
      [points.length],
      Float32Array.from(points, (point) => point?.[key] ?? NaN),
    )
  return {
    order: frame(['removed'], [order.length], Int32Array.from(order)),
    done: reached,
    total: order.length,
    trainClean: curve('trainClean'),
    trainCorrupted: curve('trainCorrupted'),
    test: curve('test'),
    trueLabel: curve('trueLabel'),
    train: curve('train'),
    how: {
      ...how,
      definition: 'Accuracies after removing the first k neurons of the order, each subtracted exactly.',
    },
  }
}

const failure = Object.assign(
  new Error('the analysis needs one hidden layer over one-hot pairs; this model is a transformer'),
  {
    code: 'MODEL_UNSUITABLE',
  },
)

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: {
    answers: {
      interpret: {
        neurons: () => Promise.reject(failure),
        neuron: () => Promise.reject(failure),
        prune: () => Promise.reject(failure),
      },
    },
    selection: { ...at, neuron: 30 },
  },
  full: {
    answers: {
      interpret: {
        neurons: ({ thresholds: given }) => neurons(given),
        neuron: ({ neuron: index }) => neuron(index),
        prune: async (args, { emit }) => {
          const total = orderOf(args).length
          await emit(pruneCurve(args, Math.floor(total / 3)))
          await emit(pruneCurve(args))
        },
        pruned: ({ removed }) => accuraciesWithout(network, new Set(removed)),
        savePruned: () => ({ runId: 'run-2', maskId: 'mask-1' }),
      },
    },
    selection: { ...at, neuron: 30 },
  },
}

export default states
