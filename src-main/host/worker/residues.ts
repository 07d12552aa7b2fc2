import { namedArray } from '../../base/array'
import { createRng } from '../../base/rng'
import { AppError } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import type { ResidueGeometry } from '../../contract/residues'
import type { Analysis } from '../../lab/interpret/analysis'
import activationPca, { accuraciesKeeping } from '../../lab/interpret/activation-pca'
import circularity, { residueComponents } from '../../lab/interpret/circularity'
import { notTransformer } from '../../lab/interpret/components/head-weights'
import { residualPoints } from '../../lab/interpret/components/residual-points'
import { residueCount } from '../../lab/interpret/components/residue-count'
import gradientSymmetricity from '../../lab/interpret/gradient-symmetricity'
import progressMeasures, { notAddition } from '../../lab/interpret/progress-measures'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import type { Subject } from './subjects'

const residueTask = 'modular-arithmetic'
/** Triples (a, b, c) whose gradients are compared. */
const tripleCount = 256
/** Examples whose activations are looked at: enough for the spans, few enough to follow the scrubber. */
const mostExamples = 1024
/** Numbers of directions that are tried. */
const mostKept = 24

export function createResidues({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.residues> {
  /** One number, with how it came about, or why there is none. */
  function measured<I>(
    subject: Subject,
    analysis: Analysis<I, number>,
    { input, spec }: { readonly input: I; readonly spec: Record<string, string | number> },
  ): ResidueGeometry['circularity'] {
    const sinceMs = performance.now()
    const missing = analysis.unsuitable(subject.network)
    if (missing !== undefined) return { missing }
    const value = analysis.measure(subject.network, input)
    return { value, how: provenance(analysis, subject, { sinceMs, spec }) }
  }

  return {
    progress({ key, freqs }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, progressMeasures)
      const { dataset } = subject.setup
      requireAddition(subject)
      const modulus = residueCount(dataset)
      const beyond = freqs?.find((freq) => freq > modulus / 2)
      if (beyond !== undefined) throw invalid(`no harmonic ${beyond}; there are harmonics 0 to ${Math.floor(modulus / 2)}`)
      const found = progressMeasures.measure(subject.network, { dataset, ...(freqs && { freqs }) })
      const ofFreqs = (data: Float64Array) => namedArray(['freq'], [data.length], data)
      const told = { keyFrequencies: freqs ? `handed in: ${freqs.join(', ') || 'none'}` : 'of this network' }
      return {
        ...found,
        freqs: [...found.freqs],
        shares: ofFreqs(found.shares),
        cosineShares: ofFreqs(found.cosineShares),
        trainLoss: known(found.trainLoss),
        testLoss: known(found.testLoss),
        restrictedLoss: known(found.restrictedLoss),
        restrictedTestLoss: known(found.restrictedTestLoss),
        excludedLoss: known(found.excludedLoss),
        excludedLosses: namedArray(['key'], [found.excludedLosses.length], Float64Array.from(found.excludedLosses)),
        how: provenance(progressMeasures, subject, { sinceMs, spec: told }),
      }
    },
    geometry({ key }) {
      const subject = subjects.require(key)
      requireResidues(subject)
      const { network } = subject
      const modulus = residueCount(network.dims)
      const seed = 0
      const rng = createRng(seed)
      const triples = Int32Array.from({ length: 3 * tripleCount }, () => rng.below(modulus))
      const isCircular = circularity.unsuitable(network) === undefined
      const components = isCircular ? residueComponents(network) : undefined
      return {
        modulus,
        circularity: measured(subject, circularity, { input: {}, spec: { modulus } }),
        symmetricity: measured(subject, gradientSymmetricity, {
          input: { triples },
          spec: { triples: `${tripleCount}, drawn by the seed`, tripleSeed: seed },
        }),
        ...(components && {
          components: namedArray(['component', 'residue'], [components.length, modulus], concatenated(components.map(({ values }) => values))),
          freqs: namedArray(['component'], [components.length], Int32Array.from(components, ({ freq }) => freq)),
        }),
      }
    },
    directions({ key, hook: wanted }) {
      const sinceMs = performance.now()
      const subject = subjects.require(key)
      requireResidues(subject)
      const { network, setup: { dataset } } = subject
      const why = notTransformer(network)
      if (why !== undefined) throw unsuited(`Principal components of an activation: ${why}`)
      const hooks = residualPoints(network).filter((name) => name.startsWith('blocks.'))
      const hook = wanted ?? hooks.at(-1)!
      if (!hooks.includes(hook)) throw invalid(`no residual stream '${hook}'; there are ${hooks.join(', ')}`)
      const { sequences, labels, count, position } = examplesOf(subject)
      const components = activationPca.measure(network, { sequences, hook, positions: [position] })
      const { eigenvalues } = components
      const kept = Int32Array.from({ length: Math.min(mostKept, eigenvalues.length) + 1 }, (_, i) => i)
      const scored = { ...sequences, scored: { positions: Int32Array.of(position), count: 1 } }
      const accuracies = accuraciesKeeping(network, { sequences: scored, hook, positions: [position] }, { components, kept: [...kept], labels })
      const total = eigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0)
      const told = { hook, position, inputs: `${count} of ${dataset.exampleCount} pairs, evenly chosen`, ablation: 'projection on the first directions' }
      return {
        hooks,
        hook,
        position,
        examples: count,
        shares: namedArray(['component'], [eigenvalues.length], eigenvalues.map((value) => (total > 0 ? Math.max(0, value) / total : 0))),
        kept: namedArray(['kept'], [kept.length], kept),
        accuracies: namedArray(['kept'], [kept.length], accuracies),
        how: provenance(activationPca, subject, { sinceMs, spec: told }),
      }
    },
  }
}

/** Pairs with their true sums at the position that answers. */
function examplesOf({ setup: { dataset } }: Subject) {
  const { n_ctx, tokens, trueLabels, exampleCount, scoredPositions } = dataset
  const stride = Math.max(1, Math.ceil(exampleCount / mostExamples))
  const chosen = Int32Array.from({ length: Math.ceil(exampleCount / stride) }, (_, i) => i * stride)
  const rows = new Int32Array(chosen.length * n_ctx)
  chosen.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
  return {
    sequences: { tokens: rows, length: n_ctx },
    labels: chosen.map((example) => trueLabels[example]!),
    count: chosen.length,
    position: scoredPositions[0]!,
  }
}

/** Any operation on residues has embeddings of them and directions; only sums have the harmonics that are measured. */
function requireResidues({ spec: { task } }: Subject): void {
  if (task.id !== residueTask) throw unsuited(`the task is '${task.id}'; expected '${residueTask}'`)
}

function requireAddition({ setup: { dataset } }: Subject): void {
  const why = notAddition(dataset)
  if (why !== undefined) throw unsuited(`${progressMeasures.title}: ${why}`)
}

/** JSON has no NaN. */
const known = (loss: number): number | null => (Number.isFinite(loss) ? loss : null)
const unsuited = (message: string): AppError => new AppError({ code: 'MODEL_UNSUITABLE', message })
const invalid = (message: string): AppError => new AppError({ code: 'ARGUMENTS_INVALID', message })

function concatenated(rows: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(rows.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const row of rows) {
    all.set(row, at)
    at += row.length
  }
  return all
}
