/** A sweep of all heads and positions of a two-layer model, exact and estimated, and what one cell would cost alone. */
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import { tf } from '@main/engine/tf'
import activationPatching from '@main/lab/interpret/activation-patching'
import attributionPatching from '@main/lab/interpret/attribution-patching'
import { sequencesOf, wholeOf, type Pairs } from '@main/lab/interpret/components/pairs'
import { createNetwork } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'

const dims = { n_ctx: 32, d_vocab: 64, d_vocab_out: 64 }
const sizes = { n_layers: 2, n_heads: 8, d_model: 128, d_head: 16, d_mlp: 512, normalization: 'LN', biases: true }

function pairsOf(count: number): Pairs {
  const rng = createRng(3)
  const tokens = (): Int32Array => Int32Array.from({ length: count * dims.n_ctx }, () => rng.below(dims.d_vocab))
  const answers = Array.from({ length: count }, () => [rng.below(dims.d_vocab)])
  const answerPos = new Int32Array(count).fill(dims.n_ctx - 1)
  return { count, length: dims.n_ctx, clean: tokens(), corrupted: tokens(), answerPos, answers, wrong: [...answers].reverse() }
}

export default async function bench(report: (name: string, value: number, unit: string) => void): Promise<void> {
  unwrap(await chooseBackend(backendCandidates))
  const settings = { ...defaultsOf(transformer.fields), ...sizes }
  const { params } = transformer.init(settings as never, dims, createRng(1)) // every key is a field's
  const network = createNetwork(transformer, settings, dims, params)
  const pairs = pairsOf(16)
  const timed = (name: string, work: () => void): void => {
    work()
    const startMs = performance.now()
    work()
    report(name, performance.now() - startMs, 'ms')
  }

  timed('forward pass of 16 sequences, hooked', () => {
    tf.dispose(network.run(sequencesOf(pairs, 'clean', wholeOf(pairs)), { 'blocks.1.attn.hook_z': (x) => x }))
  })
  for (const kind of ['z', 'q', 'pattern'] as const) {
    const plan = { pairs, kind, grid: 'layer-head-pos', direction: 'denoise', metric: 'logit-difference' } as const
    timed(`sweep of ${kind}: 2 layers × 8 heads × 32 positions, 16 pairs`, () => void activationPatching.measure(network, plan))
  }
  const plan = { pairs, kind: 'z', grid: 'layer-head-pos', direction: 'denoise', metric: 'logit-difference' } as const
  timed('attribution of the same cells', () => void attributionPatching.measure(network, plan))
  network.dispose()
}
