/** From what the weights service answers to what charts draw. */
import type { HeadCircuit, HeadComposition, HeadWeights, ResidueSpectrum } from '@contract/weights'
import type { AxisSpec } from '../../charts/axis'
import type { BarSeries } from '../../charts/bar-chart'
import type { Matrix } from '../../charts/heatmap'
import type { HeadScore } from './weights-state'

export const scoreTitles: Readonly<Record<HeadScore, { readonly title: string; readonly axis: AxisSpec; readonly isSigned: boolean }>> = {
  copying: { title: 'Copying score of heads', axis: { title: 'Σλ / Σ|λ|', min: -1, max: 1 }, isSigned: true },
  ovNorm: { title: 'OV norm of heads', axis: { title: 'Frobenius norm', min: 0 }, isSigned: false },
  qkNorm: { title: 'QK norm of heads', axis: { title: 'Frobenius norm', min: 0 }, isSigned: false },
}

export const scoreMatrix = (weights: HeadWeights, score: HeadScore): Matrix => weights[score]

export const circuitTitles = {
  ov: { name: 'OV', title: 'what attending to a token adds to the logits', rows: 'attended token', columns: 'logit' },
  qk: { name: 'QK', title: 'which key token a query token looks at', rows: 'query token', columns: 'key token' },
  'qk-positions': { name: 'QK', title: 'which position a position looks at', rows: 'query_pos', columns: 'key_pos' },
} as const

/** Real and imaginary parts as coordinates, one point an eigenvalue. */
export function eigenvalueChart({ eigenvalues }: HeadCircuit): { readonly xs: Float64Array; readonly ys: Float64Array } {
  const count = eigenvalues.shape[0]!
  const part = (offset: number): Float64Array => Float64Array.from({ length: count }, (_, i) => eigenvalues.data[2 * i + offset]!)
  return { xs: part(0), ys: part(1) }
}

export function singularChart({ singularValues }: HeadCircuit): { readonly categories: readonly string[]; readonly series: readonly BarSeries[] } {
  const categories = Array.from({ length: singularValues.data.length }, (_, i) => String(i + 1))
  return { categories, series: [{ title: 'singular value', colour: 'accent', values: singularValues.data }] }
}

/** `0.3` for head 3 of layer 0, in the order of the composition's axes. */
export function headNames({ layers, heads }: HeadWeights): readonly string[] {
  return Array.from({ length: layers * heads }, (_, i) => `${Math.floor(i / heads)}.${i % heads}`)
}

/** Rows are the earlier heads that can be read, columns the later ones that can read. */
export function compositionMatrix({ scores }: HeadComposition, { layers, heads }: HeadWeights): Matrix {
  const size = (layers - 1) * heads
  const all = layers * heads
  const data = Float32Array.from({ length: size * size }, (_, i) => {
    return scores.data[Math.floor(i / size) * all + heads + (i % size)]!
  })
  return { axes: ['earlier', 'later'], shape: [size, size], data }
}

export function spectrumChart({ embedding, unembedding }: ResidueSpectrum): { readonly categories: readonly string[]; readonly series: readonly BarSeries[] } {
  const freqs = embedding.shape[1]!
  const norms = (frame: ResidueSpectrum['embedding']): Float32Array =>
    Float32Array.from({ length: freqs }, (_, freq) => Math.hypot(frame.data[freq]!, frame.data[freqs + freq]!))
  return {
    categories: Array.from({ length: freqs }, (_, freq) => String(freq)),
    series: [
      { title: 'embedding', colour: 'train', values: norms(embedding) },
      { title: 'unembedding', colour: 'test', values: norms(unembedding) },
    ],
  }
}
