/** From what the residues service answers to what charts draw. */
import type { ResidueDirections, ResidueGeometry, ResidueProgress } from '@contract/residues'
import { formatExact, formatNumber } from '../../base/format'
import type { BarSeries } from '../../charts/bar-chart'
import type { LineSeries } from '../../charts/line-chart'
import type { KeySource } from './residues-state'

export const keyTitles: Readonly<Record<KeySource, string>> = {
  last: 'of the last checkpoint',
  own: 'of this checkpoint',
}

interface Bars {
  readonly categories: readonly string[]
  readonly series: readonly BarSeries[]
}

/** Shares of the logits' variance by harmonic, the constant left out. */
export function shareBars({ shares, cosineShares }: ResidueProgress): Bars {
  const count = shares.data.length
  return {
    categories: Array.from({ length: count - 1 }, (_, i) => String(i + 1)),
    series: [
      { title: 'of a + b', colour: 'train', values: shares.data.slice(1) },
      { title: 'of a + b − c', colour: 'test', values: cosineShares.data.slice(1) },
    ],
  }
}

/** Training loss without one key frequency each, beside that without any. */
export function excludedBars({ freqs, excludedLosses, excludedLoss, trainLoss }: ResidueProgress): Bars {
  return {
    categories: ['none', ...freqs.map(String), 'all'],
    series: [{ title: 'loss', colour: 'ablated', values: Float64Array.from([trainLoss ?? NaN, ...excludedLosses.data, excludedLoss ?? NaN]) }],
  }
}

/** The residues' embeddings along two components that lie beside each other. */
export function embeddingPoints({ components }: ResidueGeometry, plane: number) {
  const residues = components?.shape[1] ?? 0
  if (!components || (components.shape[0] ?? 0) < plane + 2) return undefined
  const along = (component: number): Float64Array => Float64Array.from(components.data.slice(component * residues, (component + 1) * residues))
  const groups = [{ title: 'residue', colour: 'accent', members: Array.from({ length: residues }, (_, i) => i) }] as const
  return { xs: along(plane), ys: along(plane + 1), groups }
}

/** Accuracy by directions kept, and the share of the variance these hold. */
export function directionLines({ kept, accuracies, shares }: ResidueDirections): readonly LineSeries[] {
  let sum = 0
  const held = Float64Array.from(kept.data, (_, i) => (i < 2 ? 0 : (sum += shares.data[i - 2] ?? 0)))
  return [
    { title: 'accuracy', colour: 'test', x: kept.data, y: accuracies.data },
    { title: 'share of variance', colour: 'train', dash: 'dashed', x: kept.data, y: held },
  ]
}

export interface Fact {
  readonly name: string
  readonly value: string
  readonly exact?: string
  readonly help: string
}

export function progressFacts(progress: ResidueProgress): readonly Fact[] {
  const fact = (name: string, value: number | null | undefined, help: string): Fact => ({
    name,
    value: formatNumber(value ?? undefined, 4),
    ...(typeof value === 'number' && { exact: formatExact(value) }),
    help,
  })
  return [
    { name: 'Key frequencies', value: progress.freqs.join(', ') || 'none', help: 'Harmonics the logits are made of' },
    fact('Explained', progress.explained, 'Share of the variance of the logits along cos(w(a + b − c)) of key frequencies'),
    fact('Train loss', progress.trainLoss, 'Cross-entropy on training pairs, nats'),
    fact('Test loss', progress.testLoss, 'Cross-entropy on test pairs, nats'),
    fact('Restricted loss', progress.restrictedLoss, 'Of key frequencies alone, over all pairs, nats'),
    fact('Restricted, test', progress.restrictedTestLoss, 'Of key frequencies alone, over test pairs, nats'),
    fact('Excluded loss', progress.excludedLoss, 'Without key frequencies, on training pairs, nats'),
    fact('Gini, W_E', progress.giniEmbedding, 'Gini coefficient of the Fourier norms of the embedding: 0 even, 1 one harmonic'),
    fact('Gini, W_L', progress.giniNeuronLogits, 'Gini coefficient of the Fourier norms of W_out W_U'),
    fact('Σ weights²', progress.squaredWeights, 'Sum of squared weights'),
  ]
}

/** What tells adding by angles from adding by averages. */
export function geometryFacts({ circularity, symmetricity }: ResidueGeometry): readonly Fact[] {
  const fact = (name: string, { value, missing }: ResidueGeometry['circularity'], help: string): Fact => ({
    name,
    value: value === undefined ? (missing ?? '–') : formatNumber(value, 4),
    ...(value !== undefined && { exact: formatExact(value) }),
    help,
  })
  return [
    fact('Circularity', circularity, '1 where each principal component of the embedding is one harmonic'),
    fact('Gradient symmetricity', symmetricity, '1 where both inputs are treated alike (pizza), lower where they are multiplied (clock)'),
  ]
}
