/** A network that adds mod 13 by two harmonics as the main process would answer, and the four states of the view. */
import type { Frame } from '@contract/frames'
import type { Provenance } from '@contract/interpret'
import type { ResidueDirections, ResidueGeometry, ResidueProgress } from '@contract/residues'
import type { Checkpoint } from '@contract/runs'
import type { ViewFixtures } from '../../workbench/view'

const at = { runId: 'run-1', step: 400 } as const
const modulus = 13
export const key = [2, 5] as const

const how: Provenance = {
  definition: 'Cross-entropy of logits reduced to key frequencies, and of logits without them.',
  source: 'arXiv:2301.05217 §4–5',
  spec: { keyFrequencies: 'of this network', checkpoint: '9f1c62d07be4' },
  backend: 'wasm',
  elapsedMs: 8.2,
}
const frame = (axes: readonly string[], shape: readonly number[], value: (i: number) => number): Frame => ({
  axes,
  shape,
  data: Float64Array.from({ length: shape.reduce((size, length) => size * length, 1) }, (_, i) => value(i)),
})
const isKey = (freq: number): boolean => key.some((one) => one === freq)

export function progress(freqs: readonly number[] = key): ResidueProgress {
  return {
    modulus,
    freqs: [...freqs],
    shares: frame(['freq'], [7], (freq) => (isKey(freq) ? 0.48 : 0.005)),
    cosineShares: frame(['freq'], [7], (freq) => (isKey(freq) ? 0.47 : 0.001)),
    explained: 0.47 * freqs.filter(isKey).length,
    trainLoss: 0.0001,
    testLoss: 0.02,
    restrictedLoss: 0.004,
    restrictedTestLoss: 0.005,
    excludedLoss: 7.1,
    excludedLosses: frame(['key'], [freqs.length], (i) => 2 + i),
    giniEmbedding: 0.71,
    giniNeuronLogits: 0.82,
    squaredWeights: 812,
    how,
  }
}

export const geometry: ResidueGeometry = {
  modulus,
  circularity: { value: 0.97, how },
  symmetricity: { value: 0.41, how },
  components: frame(['component', 'residue'], [4, modulus], (i) => {
    const [component, residue] = [Math.floor(i / modulus), i % modulus]
    const angle = (2 * Math.PI * key[component >> 1]! * residue) / modulus
    return Math.sqrt(2 / modulus) * (component % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
  }),
  freqs: { axes: ['component'], shape: [4], data: Int32Array.of(2, 2, 5, 5) },
}

export const directions: ResidueDirections = {
  hooks: ['blocks.0.hook_resid_mid', 'blocks.0.hook_resid_post'],
  hook: 'blocks.0.hook_resid_post',
  position: 2,
  examples: 169,
  shares: frame(['component'], [6], (i) => [0.3, 0.28, 0.2, 0.19, 0.02, 0.01][i]!),
  kept: { axes: ['kept'], shape: [7], data: Int32Array.from({ length: 7 }, (_, i) => i) },
  accuracies: frame(['kept'], [7], (i) => [0.08, 0.08, 0.2, 0.45, 0.8, 1, 1][i]!),
  how,
}

const checkpoint = { step: 400, hash: '9f1c62d07be4', sizeBytes: 1, hasOptimizerState: true, measurements: {} } as unknown as Checkpoint // what the view reads of it
const failure = Object.assign(new Error('run run-1 has no checkpoint at step 400; nearest: 200'), { code: 'CHECKPOINT_NOT_FOUND' })
const failing = (): Promise<never> => Promise.reject(failure)

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: {
    answers: { runs: { checkpoints: () => [checkpoint] }, residues: { progress: failing, geometry: failing, directions: failing } },
    selection: at,
  },
  full: {
    answers: {
      runs: { checkpoints: () => [checkpoint] },
      residues: { progress: ({ freqs }) => progress(freqs), geometry: () => geometry, directions: () => directions },
    },
    selection: at,
  },
}

export default states
