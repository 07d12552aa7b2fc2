/**
 * A network whose every property is known: the analytic solution of modular addition. Neuron k has a harmonic f_k and
 * weights u = cos(2 pi f n / p + phase_a), v likewise with phase_b, w = cos(2 pi f q / p + phase_a + phase_b), and a
 * quadratic activation. Source: arXiv:2301.02679 §3.
 */
import { namedArray } from '@main/base/array'
import { createRng, type Rng } from '@main/base/rng'
import mlp from '@main/lab/models/mlp'
import type { ArraysByName } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import type { Dataset } from '@main/lab/tasks/task'

export interface CosineNeuron {
  readonly freq: number
  readonly phaseA: number
  readonly phaseB: number
}

export function cosineNeurons(p: number, count: number, rng: Rng): CosineNeuron[] {
  const angle = (): number => (rng.uniform() * 2 - 1) * Math.PI
  return Array.from({ length: count }, (_, k) => ({ freq: 1 + (k % ((p - 1) / 2)), phaseA: angle(), phaseB: angle() }))
}

export function cosineArrays(p: number, neurons: readonly CosineNeuron[]): ArraysByName {
  const count = neurons.length
  const W_in = new Float32Array(2 * p * count)
  const W_out = new Float32Array(count * p)
  neurons.forEach(({ freq, phaseA, phaseB }, k) => {
    for (let n = 0; n < p; n++) {
      const turn = (2 * Math.PI * freq * n) / p
      W_in[n * count + k] = Math.cos(turn + phaseA)
      W_in[(p + n) * count + k] = Math.cos(turn + phaseB)
      W_out[k * p + n] = Math.cos(turn + phaseA + phaseB)
    }
  })
  return {
    W_in: namedArray(['pos', 'd_vocab', 'd_mlp'], [2, p, count], W_in),
    W_out: namedArray(['d_mlp', 'd_vocab'], [count, p], W_out),
  }
}

/** The quadratic mlp with these weights; biases and BatchNorm as the arrays have them. */
export function networkOf(p: number, arrays: ArraysByName): Network {
  const settings = {
    d_mlp: arrays['W_in']?.shape[2] ?? 1,
    activation: 'quadratic',
    batchNorm: 'gamma' in arrays,
    dropout: 0,
    biases: 'b_out' in arrays,
    initScale: 1,
  }
  return createNetwork(mlp, settings, { n_ctx: 2, d_vocab: p, d_vocab_out: p }, arrays)
}

/** Weights without structure, for what only trained or analytic weights may show. */
export function randomArrays(p: number, count: number, rng: Rng): ArraysByName {
  const normal = (length: number): Float32Array => Float32Array.from({ length }, () => rng.normal())
  return {
    W_in: namedArray(['pos', 'd_vocab', 'd_mlp'], [2, p, count], normal(2 * p * count)),
    b_in: namedArray(['d_mlp'], [count], new Float32Array(count)),
    W_out: namedArray(['d_mlp', 'd_vocab'], [count, p], normal(count * p)),
    b_out: namedArray(['d_vocab'], [p], normal(p)),
  }
}

/** Every pair of addition mod p; half for training, a fifth of those with a redrawn label. */
export function additionPairs(p: number, seed = 1): Dataset {
  const rng = createRng(seed)
  const exampleCount = p * p
  const trueLabels = Int32Array.from({ length: exampleCount }, (_, e) => (Math.floor(e / p) + (e % p)) % p)
  const shuffled = rng.permutation(exampleCount)
  const train = shuffled.slice(0, exampleCount >> 1)
  const corrupted = train.slice(0, Math.floor(train.length / 5))
  const labels = trueLabels.slice()
  for (const example of corrupted) labels[example] = rng.below(p)
  return {
    exampleCount,
    n_ctx: 2,
    d_vocab: p,
    d_vocab_out: p,
    scoredPositions: [1],
    tokens: Int32Array.from({ length: 2 * exampleCount }, (_, i) => (i % 2 === 0 ? Math.floor(i / 2 / p) : (i >> 1) % p)),
    labels,
    trueLabels,
    splits: { trainClean: train.slice(corrupted.length), trainCorrupted: corrupted, test: shuffled.slice(train.length) },
    train,
  }
}
