/**
 * How periodic the neurons of a one-hidden-layer network on residues are.
 *
 * For neuron k: u_k and v_k its weights on the residues a and b, w_k its weights on the output residues;
 * IPR_k = mean of IPR(u_k), IPR(v_k), IPR(w_k). A neuron that computes with a single harmonic has 1, one with random
 * weights about 1 / (p / 4). Source: arXiv:2310.13061 eq. 3-4.
 */
import { createSpectrum } from '../../base/spectrum'
import type { FloatArray } from '../../base/array'
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

function neuronRatios(W_in: FloatArray, W_out: FloatArray): Float64Array {
  const [positions, d_vocab, d_mlp] = W_in.shape as [number, number, number]
  const d_vocab_out = W_out.shape[1]!
  const input = createSpectrum(d_vocab)
  const output = d_vocab_out === d_vocab ? input : createSpectrum(d_vocab_out)
  return Float64Array.from({ length: d_mlp }, (_, neuron) => {
    let sum = output.ipr(W_out.data, { start: neuron * d_vocab_out })
    for (let pos = 0; pos < positions; pos++) {
      sum += input.ipr(W_in.data, { start: pos * d_vocab * d_mlp + neuron, stride: d_mlp })
    }
    return sum / (positions + 1)
  })
}
