/**
 * How periodic the neurons of a one-hidden-layer network on residues are.
 *
 * For neuron k: u_k and v_k its weights on the residues a and b, w_k its weights on the output residues;
 * IPR_k = mean of IPR(u_k), IPR(v_k), IPR(w_k). A neuron that computes with a single harmonic has 1, one with random
 * weights about 1 / (p / 4). Source: arXiv:2310.13061 eq. 3-4.
 */
import type { FloatArray } from '../../base/array'
import { harmonicMatrix } from '../../base/spectrum'
import { scoped, tf, type Tensor } from '../../engine/tf'
import { defineProbe } from './probe'

export const memorizingBelow = 0.15
export const generalizingAbove = 0.5

export default defineProbe({
  id: 'ipr',
  title: 'Inverse participation ratio',
  help:
    'Concentration of each neuron’s weights on one Fourier harmonic, from near 0 (spread out) to 1 (a single harmonic): ' +
    'its mean, and the shares of neurons below 0.15 and above 0.5.',
  unit: '1',
  source: 'arXiv:2310.13061 eq. 3-4',
  parts: [
    { id: 'mean', title: 'mean over neurons' },
    { id: 'lowShare', title: 'share of neurons below 0.15' },
    { id: 'highShare', title: 'share of neurons above 0.5' },
  ],
  measure(ctx): Readonly<Record<string, number>> {
    const { W_in, W_out } = ctx.params()
    if (!W_in || !W_out || !isPairPerceptron(W_in, W_out)) return {}
    const ratios = neuronRatios(W_in, W_out)
    let sum = 0
    let low = 0
    let high = 0
    for (const ratio of ratios) {
      sum += ratio
      if (ratio < memorizingBelow) low++
      if (ratio > generalizingAbove) high++
    }
    return { mean: sum / ratios.length, lowShare: low / ratios.length, highShare: high / ratios.length }
  },
})

/** W_in [pos, d_vocab, d_mlp] and W_out [d_mlp, d_vocab], as lab/models/mlp.ts lays them out. */
function isPairPerceptron(W_in: FloatArray, W_out: FloatArray): boolean {
  return W_in.axes.join() === 'pos,d_vocab,d_mlp' && W_out.axes.join() === 'd_mlp,d_vocab'
}

/** The spectra of all neurons are one product for each set of weights. */
function neuronRatios(W_in: FloatArray, W_out: FloatArray): Float64Array {
  const [positions, d_vocab, d_mlp] = W_in.shape as [number, number, number]
  const d_vocab_out = W_out.shape[1]!
  const ratios = new Float64Array(d_mlp)
  scoped(() => {
    const input = harmonicsOf(d_vocab)                                                // [d_vocab, 2 · freq]
    const output = d_vocab_out === d_vocab ? input : harmonicsOf(d_vocab_out)
    addRatios(tf.matMul(tf.tensor2d(W_out.data, [d_mlp, d_vocab_out]), output), positions + 1, ratios)
    for (let pos = 0; pos < positions; pos++) {
      const weights = W_in.data.subarray(pos * d_vocab * d_mlp, (pos + 1) * d_vocab * d_mlp)
      addRatios(tf.matMul(tf.tensor2d(weights, [d_vocab, d_mlp]), input, true), positions + 1, ratios)
    }
  })
  return ratios
}

function harmonicsOf(length: number): Tensor {
  return tf.tensor(harmonicMatrix(length), [length, 2 * (Math.floor(length / 2) + 1)])
}

/** Adds each neuron's inverse participation ratio, divided by how many there are, from its spectrum: [d_mlp, 2 · freq]. */
function addRatios(spectra: Tensor, count: number, ratios: Float64Array): void {
  const values = spectra.dataSync()
  const freqCount = spectra.shape[1]! / 2
  for (let neuron = 0, at = 0; neuron < ratios.length; neuron++, at += 2 * freqCount) {
    let [square, fourth] = [0, 0]
    for (let k = at; k < at + freqCount; k++) {
      const power = values[k]! ** 2 + values[k + freqCount]! ** 2
      square += power
      fourth += power * power
    }
    if (square > 0) ratios[neuron]! += fourth / (square * square) / count
  }
}
