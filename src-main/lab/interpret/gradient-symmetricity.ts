/**
 * Whether a network treats its two inputs alike where it matters: for logit c of the pair (a, b), the cosine between its
 * gradients with respect to the embedding at the first and at the second position, averaged over triples (a, b, c).
 *
 * A network that adds embeddings before anything nonlinear has the same gradient for both, 1; one that multiplies them, as
 * the angle addition of the "clock" does, has gradients that turn with the other input. Source: arXiv:2306.17844 §4.
 */
import { tf, type Tensor } from '../../engine/tf'
import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'

export interface SymmetricityInput {
  /** Triples (a, b, c), three entries each. */
  readonly triples: Int32Array
}

export default defineAnalysis<SymmetricityInput, number>({
  id: 'gradient-symmetricity',
  title: 'Gradient symmetricity',
  definition:
    'Mean over triples (a, b, c) of the cosine between ∂logit_c/∂E_a and ∂logit_c/∂E_b, the gradients of the logit of c ' +
    'at the last position with respect to the embeddings at the first and second position.',
  source: 'arXiv:2306.17844 §4',
  unsuitable({ model, hookPoints, dims }) {
    if (!hookPoints.some(({ name }) => name === 'hook_embed')) return `model ${model.id} has no hook point 'hook_embed'`
    return dims.n_ctx === 2 || dims.n_ctx === 3 ? undefined : `sequences have ${dims.n_ctx} positions; expected a, b and perhaps "="`
  },
  measure: (network, { triples }) =>
    tf.tidy(() => {
      const [first, second] = tf.split(gradients(network, triples).slice([0, 0, 0], [-1, 2, -1]), 2, 1) as [Tensor, Tensor]
      const product = first.mul(second).sum(-1)                                       // [triple, 1]
      const lengths = first.norm('euclidean', -1).mul(second.norm('euclidean', -1))
      return product.div(lengths).mean().dataSync()[0]!
    }),
})

/** Of each triple's logit with respect to the embeddings: [triple, pos, d_model]. */
function gradients(network: Network, triples: Int32Array): Tensor {
  const { n_ctx, d_vocab, d_vocab_out } = network.dims
  const count = triples.length / 3
  // A third position holds "=", the last token.
  const tokens = Int32Array.from({ length: count * n_ctx }, (_, i) =>
    i % n_ctx < 2 ? triples[Math.floor(i / n_ctx) * 3 + (i % n_ctx)]! : d_vocab - 1,
  )
  const wanted = tf.oneHot(tf.tensor1d(Int32Array.from({ length: count }, (_, i) => triples[3 * i + 2]!), 'int32'), d_vocab_out)
  const scored = { positions: Int32Array.of(n_ctx - 1), count: 1 }
  const logitSum = (embed: Tensor): Tensor => {
    const logits = network.run({ tokens, length: n_ctx, scored }, { hook_embed: () => embed })
    return logits.reshape([count, d_vocab_out]).mul(wanted.cast('float32')).sum()
  }
  const { logits, cache } = network.record(tokens, ['hook_embed'])
  logits.dispose()
  const embed = cache.get('hook_embed')!                                              // record fills every name it was given
  const found = tf.grad(logitSum)(embed)
  embed.dispose()
  return found
}
