/**
 * Accuracy of a network when some heads are made to look where one wants: at the answer position their attention pattern
 * is 1 at the chosen position and 0 elsewhere, whatever their queries and keys say; everything after is computed anew.
 *
 * Source: arXiv:2310.08744 §5 (the intervention on inhibition heads and the negative mover).
 */
import { scoped, tf, type Tensor } from '../../../engine/tf'
import { sequencesOf, wholeOf, type Pairs } from '../../interpret/components/pairs'
import type { HookFunction, Hooks, Network } from '../../models/network'
import type { HeadAt } from './induction'

/** `target` is a position for each pair. Share of clean prompts whose largest logit is that of a right answer. */
export function accuracyForced(network: Network, pairs: Pairs, { heads, target }: { heads: readonly HeadAt[]; target: ArrayLike<number> }): number {
  return scoped(() => {
    const logits = network.run(sequencesOf(pairs, 'clean', wholeOf(pairs)), forcing(pairs, heads, target))
    const predicted = logits.reshape([pairs.count, -1]).argMax(1).dataSync()
    const right = Array.from(predicted, (label, pair) => (Array.from(pairs.answers[pair]!).includes(label) ? 1 : 0) as number)
    return right.reduce((sum, one) => sum + one, 0) / pairs.count
  })
}

function forcing({ count, length, answerPos }: Pairs, heads: readonly HeadAt[], target: ArrayLike<number>): Hooks {
  const layers = [...new Set(heads.map(({ layer }) => layer))]
  return Object.fromEntries(
    layers.map((layer): [string, HookFunction] => {
      const forced = heads.filter((at) => at.layer === layer).map(({ head }) => head)
      return [
        `blocks.${layer}.attn.hook_pattern`,
        (pattern: Tensor) => {
          const headCount = pattern.shape[1]!
          const free = new Float32Array(count * headCount * length * length).fill(1)
          const chosen = new Float32Array(free.length)
          for (let pair = 0; pair < count; pair++) {
            for (const head of forced) {
              const row = ((pair * headCount + head) * length + answerPos[pair]!) * length
              free.fill(0, row, row + length)
              chosen[row + target[pair]!] = 1
            }
          }
          const shape = [count, headCount, length, length]                        // [batch, head, query_pos, key_pos]
          return pattern.mul(tf.tensor(free, shape)).add(tf.tensor(chosen, shape))
        },
      ]
    }),
  )
}
