/** What claims about induction heads look at, computed once per trained arm on its test sequences. */
import { meanCrossEntropy } from '../../../engine/ops/mean-cross-entropy'
import { tf } from '../../../engine/tf'
import { hooksFor, meanAblate, type Intervention } from '../../models/intervention'
import type { Network } from '../../models/network'
import { meanAttention, prefixMatches, previousTokens } from '../../probes/components/attention-places'
import { placesOf } from '../../tasks/task'
import type { ArmEvidence } from '../claim'
import { oncePerArm } from './once-per-arm'

export interface HeadAt {
  readonly layer: number
  readonly head: number
}

export interface ScoredHead extends HeadAt {
  readonly prefixMatching: number
  readonly previousToken: number
}

export interface Induction {
  readonly heads: readonly ScoredHead[]
  /** Loss in nats on the test sequences. */
  readonly loss: number
  /** Likewise, with these heads' outputs replaced by their mean over the sequences, position by position. */
  lossWithout(heads: readonly HeadAt[]): number
  /** Prefix-matching score of a head when others are replaced by their mean. */
  prefixMatchingWithout(of: HeadAt, heads: readonly HeadAt[]): number
}

/** As many sequences as losses and scores are means over. */
const sampleCount = 256

export const inductionOf = oncePerArm(inspect)

function inspect({ final: network, dataset }: ArmEvidence): Induction {
  const { n_ctx, scoredPositions } = dataset
  const members = dataset.splits.test.subarray(0, sampleCount)
  const tokens = new Int32Array(members.length * n_ctx)
  members.forEach((example, i) => tokens.set(dataset.tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
  const labels = placesOf(members, dataset).map((place) => dataset.labels[place]!)
  const scored = { positions: Int32Array.from(scoredPositions), count: scoredPositions.length }
  const input = { tokens, length: n_ctx, scored }
  const patterns = network.hookPoints.flatMap(({ name }) => (name.endsWith('.hook_pattern') ? name : []))

  /** What a computation makes of logits and patterns under ablation. */
  function measured(ablated: readonly HeadAt[]): { readonly loss: number; readonly heads: readonly ScoredHead[] } {
    return withMeans(network, tokens, ablated, (interventions) => {
      const { logits, cache } = network.record(input, patterns, hooksFor(network, interventions))
      const loss = meanCrossEntropy(logits.dataSync<'float32'>(), labels)
      const heads = patterns.flatMap((name, layer) => {
        const pattern = cache.get(name)!                                      // [batch, head, query_pos, key_pos]
        const values = pattern.dataSync<'float32'>()
        const of = (places: ReturnType<typeof previousTokens>): number[] => meanAttention(values, pattern.shape[1]!, n_ctx, places)
        const [prefix, previous] = [of(prefixMatches(tokens, n_ctx)), of(previousTokens(tokens, n_ctx))]
        return prefix.map((prefixMatching, head) => ({ layer, head, prefixMatching, previousToken: previous[head]! }))
      })
      tf.dispose([logits, ...cache.values()])
      return { loss, heads }
    })
  }

  const whole = measured([])
  return {
    ...whole,
    lossWithout: (heads) => measured(heads).loss,
    prefixMatchingWithout: ({ layer, head }, heads) =>
      measured(heads).heads.find((other) => other.layer === layer && other.head === head)!.prefixMatching, // of all heads
  }
}

/** Interventions that replace what heads move (z) by its mean over the sequences, for the time of a computation. */
function withMeans<T>(
  network: Network,
  tokens: Int32Array,
  heads: readonly HeadAt[],
  compute: (interventions: readonly Intervention[]) => T,
): T {
  const names = [...new Set(heads.map(({ layer }) => `blocks.${layer}.attn.hook_z`))]
  const { logits, cache } = network.record(tokens, names)
  try {
    return compute(heads.map(({ layer, head }) => {
      const hook = `blocks.${layer}.attn.hook_z`
      return meanAblate({ hook, head }, cache.get(hook)!)                     // record fills every name it was given
    }))
  } finally {
    tf.dispose([logits, ...cache.values()])
  }
}

/** The head with the highest score. */
export function best(heads: readonly ScoredHead[], score: 'prefixMatching' | 'previousToken'): ScoredHead {
  return heads.reduce((top, head) => (head[score] > top[score] ? head : top))
}
