/** A small two-layer network's weights as the main process would answer, and the four states of the view. */
import type { Frame } from '@contract/frames'
import type { Provenance } from '@contract/interpret'
import type { HeadCircuit, HeadWeights } from '@contract/weights'
import type { ViewFixtures } from '../../workbench/view'

const at = { runId: 'run-1', step: 400 } as const
const layers = 2
const heads = 4
const modulus = 12

const how: Provenance = {
  definition: 'OV: W_E R_V W_O R_U, the change of each logit when the head attends to a token.',
  source: 'Elhage et al. 2021',
  spec: { step: 400, model: 'transformer', checkpoint: '9f1c62d07be4' },
  backend: 'wasm',
  elapsedMs: 4.1,
}
const frame = (axes: readonly string[], shape: readonly number[], value: (i: number) => number): Frame => ({
  axes,
  shape,
  data: Float32Array.from({ length: shape.reduce((size, length) => size * length, 1) }, (_, i) => value(i)),
})
const perHead = (value: (i: number) => number): Frame => frame(['layer', 'head'], [layers, heads], value)

const all: HeadWeights = {
  layers,
  heads,
  copying: perHead((i) => Math.cos(2.1 * i)),
  ovNorm: perHead((i) => 3 + Math.sin(i)),
  qkNorm: perHead((i) => 5 + Math.cos(3 * i)),
  missing: {},
  how,
}

/** A circulant matrix, whose eigenvalues are the transform of its first row: what a modular task makes of a head. */
function circuit({ kind, head }: { readonly kind: HeadCircuit['kind']; readonly head: number }): HeadCircuit {
  const wave = (i: number): number => Math.cos((2 * Math.PI * (head + 1) * i) / modulus)
  const texts = Array.from({ length: modulus }, (_, i) => String(i))
  const strongest = texts.slice(0, 4).map((text, i) => ({ token: i, text, weight: 0.4 * wave(i) }))
  return {
    kind,
    rows: modulus,
    columns: modulus,
    eigenvalues: frame(['component', 'part'], [4, 2], (i) => [6, 0, 6, 0, 0.5, 0.3, 0.5, -0.3][i]!),
    singularValues: frame(['component'], [4], (i) => [6, 6, 0.6, 0.6][i]!),
    frobenius: Math.hypot(6, 6, 0.6, 0.6),
    copying: 13 / (12 + 2 * Math.hypot(0.5, 0.3)),
    matrix: frame(['row', 'column'], [modulus, modulus], (i) => wave(Math.floor(i / modulus) - (i % modulus))),
    directions: [{ singularValue: 6, rows: strongest, columns: strongest }],
    rowTexts: texts,
    columnTexts: texts,
    how,
  }
}

const composed = (i: number): number => {
  const [from, to] = [Math.floor(i / 8), i % 8]
  return from < heads && to >= heads ? 0.2 + 0.1 * Math.sin(from + 2 * to) : NaN
}
const failure = Object.assign(new Error('OV and QK circuits of a head: model mlp has no attention heads; expected a transformer'), {
  code: 'MODEL_UNSUITABLE',
})

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: { answers: { weights: { heads: () => Promise.reject(failure) } }, selection: at },
  full: {
    answers: {
      weights: {
        heads: () => all,
        circuit,
        composition: ({ kind }) => ({ kind, scores: frame(['earlier', 'later'], [8, 8], composed), baseline: 0.18, how }),
        spectrum: () => ({
          modulus,
          embedding: frame(['part', 'freq'], [2, 7], (i) => (i % 7 === 3 ? 4 : 0.2)),
          unembedding: frame(['part', 'freq'], [2, 7], (i) => (i % 7 === 3 ? 3 : 0.1)),
          how,
        }),
      },
    },
    selection: { ...at, site: 'blocks.1.attn.hook_z[head=2]' },
  },
}

export default states
