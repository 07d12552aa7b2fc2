import { namedArray } from '../../base/array'
import { AppError, unwrap } from '../../base/result'
import type { AttentionKind } from '../../contract/attention'
import type { Inputs } from '../../contract/inputs'
import type { CallContext, ServiceOf } from '../../contract/rpc'
import attentionPatterns, { patternSteps } from '../../lab/interpret/attention-patterns'
import { transformerSettings, type HeadAt } from '../../lab/interpret/components/head-weights'
import { drainedInTurns } from '../../lab/interpret/components/parts'
import { pooled, pooledSide } from '../../lab/interpret/components/pooling'
import headScores, { headScoreDefinitions, headScoreIds, scoreSteps } from '../../lab/interpret/head-scores'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import { resolveInputs, textsOf, type ResolvedInputs } from './inputs'
import type { Subject } from './subjects'

/** Cells along a side of a head in the grid of all heads; about as many pixels as it is drawn with. */
const thumbnailSide = 64

export function createAttention({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.attention> {
  // Scores that nobody chose inputs for are a function of the checkpoint: a hand that goes back over it gets them at once.
  const usual = new WeakMap<Subject, Awaited<ReturnType<typeof headScores.measure>>>()

  async function patternsOf(key: string, { inputs, kind, only }: Wanted, { signal }: CallContext): Promise<Drawn> {
    const sinceMs = performance.now()
    const subject = suitableSubject(subjects, key, attentionPatterns)
    if (only) checkHead(subject, only)
    const { sequences, count, available, spec } = resolveInputs(subject, inputs)
    const steps = patternSteps(subject.network, { sequences, kind, ...(only && { only }) })
    const cells = unwrap(await drainedInTurns(steps, signal))
    const at = only && { head: `${only.layer}.${only.head}` }
    return {
      cells,
      count,
      available,
      length: sequences.length,
      ...(count === 1 && { tokens: textsOf(subject, sequences.tokens) }),
      how: provenance(attentionPatterns, subject, { sinceMs, spec: { kind, ...at, ...spec } }),
    }
  }

  return {
    async patterns({ key, inputs, kind }, context) {
      const { cells, ...drawn } = await patternsOf(key, { inputs, kind }, context)
      const [layers, heads, length] = cells.shape as [number, number, number]
      const side = pooledSide(length, thumbnailSide)
      const size = Math.ceil(length / side)
      const small = new Float32Array(layers * heads * size * size)
      for (let at = 0; at < layers * heads; at++) {
        small.set(pooled(cells.data, at * length * length, { length, side }), at * size * size)
      }
      return { patterns: namedArray(cells.axes, [layers, heads, size, size], small), pooled: side, ...drawn }
    },
    async head({ key, inputs, kind, layer, head }, context) {
      const { cells, length: _length, ...drawn } = await patternsOf(key, { inputs, kind, only: { layer, head } }, context)
      return { layer, head, pattern: namedArray(cells.axes.slice(2), cells.shape.slice(2), cells.data), ...drawn }
    },
    async scores({ key, inputs }, { signal }) {
      const sinceMs = performance.now()
      const subject = suitableSubject(subjects, key, headScores)
      const { sequences, count, spec } = inputs ? resolveInputs(subject, inputs) : usualInputs(subject)
      const remembered = inputs ? undefined : usual.get(subject)
      const scores = remembered ?? unwrap(await drainedInTurns(scoreSteps(subject.network, { sequences }), signal))
      if (!inputs) usual.set(subject, scores)
      const each = scores.data.length / headScoreIds.length
      const missing = headScoreIds.filter((_, i) => each > 0 && Number.isNaN(scores.data[i * each]))
      return {
        scores,
        missing: Object.fromEntries(missing.map((id) => [id, 'no token of these inputs is a query for it'])),
        definitions: headScoreDefinitions,
        count,
        how: provenance(headScores, subject, { sinceMs, spec }),
      }
    },
  }
}

interface Wanted {
  readonly inputs: Inputs
  readonly kind: AttentionKind
  readonly only?: HeadAt
}

type Replies = ServiceOf<typeof computeContract.attention>
type Drawn = Omit<Awaited<ReturnType<Replies['patterns']>>, 'patterns' | 'pooled'> & {
  readonly cells: Awaited<ReturnType<typeof attentionPatterns.measure>>
}

/**
 * What scores are measured on when nobody says otherwise: repeated random sequences of lengths of their own, at most 50
 * tokens as in the paper, at most about 2048 tokens in all; where the context has no room for them, examples of the task.
 */
function usualInputs(subject: Subject): ResolvedInputs {
  const most = Math.floor((subject.network.dims.n_ctx - 1) / 2)
  if (most < 2) return resolveInputs(subject, { kind: 'examples', split: 'all', first: 0, count: 256 })
  const length = Math.min(50, most)
  return resolveInputs(subject, { kind: 'repeated', seed: 0, length, shortest: Math.max(2, Math.ceil(length / 2)), count: Math.min(32, Math.ceil(1024 / length)) })
}

function checkHead({ network }: Subject, { layer, head }: HeadAt): void {
  const { n_layers, n_heads } = transformerSettings(network)
  if (layer < n_layers && head < n_heads) return
  const message = `no head ${layer}.${head}; the network has ${n_layers} layers of ${n_heads} heads`
  throw new AppError({ code: 'ARGUMENTS_INVALID', message })
}
