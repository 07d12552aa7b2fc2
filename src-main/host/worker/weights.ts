import { AppError } from '../../base/result'
import { namedArray, type FloatArray } from '../../base/array'
import type { CircuitDirection } from '../../contract/weights'
import type { ServiceOf } from '../../contract/rpc'
import { copyingScores } from '../../lab/interpret/components/copying'
import { transformerSettings } from '../../lab/interpret/components/head-weights'
import headCircuits, { circuitFactors, circuitKinds, circuitMissing, copyingScore, type CircuitKind } from '../../lab/interpret/head-circuits'
import { frobeniusOf } from '../../lab/interpret/components/factored-matrix'
import headComposition from '../../lab/interpret/head-composition'
import residueSpectrum from '../../lab/interpret/residue-spectrum'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import type { Subject } from './subjects'

const directionCount = 6
/** Tokens named on either side of a direction. */
const namedCount = 8

export function createWeights({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.weights> {
  return {
    heads({ key }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, headCircuits)
      const { network } = subject
      const { n_layers, n_heads } = transformerSettings(network)
      const perHead = (value: (layer: number, head: number) => number): FloatArray =>
        namedArray(
          ['layer', 'head'],
          [n_layers, n_heads],
          Float32Array.from({ length: n_layers * n_heads }, (_, i) => value(Math.floor(i / n_heads), i % n_heads)),
        )
      const normOf = (kind: CircuitKind): FloatArray =>
        perHead((layer, head) => frobeniusOf(circuitFactors(network, { layer, head }, kind)))
      const missing = circuitKinds.flatMap((kind): [CircuitKind, string][] => {
        const why = circuitMissing(network, kind)
        return why === undefined ? [] : [[kind, why]]
      })
      return {
        layers: n_layers,
        heads: n_heads,
        copying: namedArray(['layer', 'head'], [n_layers, n_heads], copyingScores(network)),
        ovNorm: normOf('ov'),
        qkNorm: normOf('qk'),
        missing: Object.fromEntries(missing),
        how: provenance(headCircuits, subject, { sinceMs, spec: { score: 'copying: Σλ / Σ|λ| of the OV circuit' } }),
      }
    },
    circuit({ key, ...args }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, headCircuits)
      const { network } = subject
      checkHead(subject, args)
      const why = circuitMissing(network, args.kind)
      if (why) throw new AppError({ code: 'MODEL_UNSUITABLE', message: why })
      const circuit = headCircuits.measure(network, { ...args, directionCount })
      const textOf = args.kind === 'qk-positions' ? String : subject.setup.tokenText
      const { rows, columns, matrix } = circuit
      const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => textOf(i))
      const { layer, head, kind } = args
      return {
        ...circuit,
        kind,
        copying: copyingScore(circuit),
        directions: circuit.directions.map(({ singularValue, left, right }): CircuitDirection => ({
          singularValue,
          rows: heaviest(left, textOf),
          columns: heaviest(right, textOf),
        })),
        ...(matrix && { rowTexts: texts(rows), columnTexts: texts(columns) }),
        how: provenance(headCircuits, subject, { sinceMs, spec: { circuit: kind, layer, head } }),
      }
    },
    composition({ key, kind }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, headComposition)
      const measured = headComposition.measure(subject.network, { kind })
      return { kind, ...measured, how: provenance(headComposition, subject, { sinceMs, spec: { composition: kind } }) }
    },
    spectrum({ key }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, residueSpectrum)
      const measured = residueSpectrum.measure(subject.network, {})
      return { ...measured, how: provenance(residueSpectrum, subject, { sinceMs, spec: { modulus: measured.modulus } }) }
    },
  }
}

function checkHead({ network }: Subject, { layer, head }: { readonly layer: number; readonly head: number }): void {
  const { n_layers, n_heads } = transformerSettings(network)
  if (layer < n_layers && head < n_heads) return
  const message = `no head ${layer}.${head}; the network has layers 0 to ${n_layers - 1} of heads 0 to ${n_heads - 1}`
  throw new AppError({ code: 'ARGUMENTS_INVALID', message })
}

function heaviest(weights: Float32Array, textOf: (token: number) => string): CircuitDirection['rows'] {
  const order = Array.from(weights.keys()).sort((x, y) => Math.abs(weights[y]!) - Math.abs(weights[x]!))
  return order.slice(0, namedCount).map((token) => ({ token, text: textOf(token), weight: weights[token]! }))
}
