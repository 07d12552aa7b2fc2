/**
 * What looking into a network costs, beside PyTorch: a forward pass that keeps every activation, and a patching sweep.
 *
 * The network has two layers of eight heads with LayerNorm, d_model 128, d_mlp 512, on 16 sequences of 32 tokens. PyTorch's
 * sweep runs the whole network once a head, which is what its tools do; ours starts again behind what stays the same.
 */
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import { tf } from '@main/engine/tf'
import activationPatching from '@main/lab/interpret/activation-patching'
import { sequencesOf, wholeOf, type Pairs } from '@main/lab/interpret/components/pairs'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'
import type { Running, StepRow } from './step-rows'

const dims = { n_ctx: 32, d_vocab: 64, d_vocab_out: 64 }
const sizes = { n_layers: 2, n_heads: 8, d_model: 128, d_head: 16, d_mlp: 512, normalization: 'LN', biases: true }
const count = 16

/** The network's hook points as TransformerLens has them: without the streams split by reader and each head's result. */
const cached = /^(?!.*(_input|hook_mlp_in|hook_result)$)/

function networkOf(): Network {
  const settings = { ...defaultsOf(transformer.fields), ...sizes }
  const { params } = transformer.init(settings as never, dims, createRng(1)) // every key is a field's
  return createNetwork(transformer, settings, dims, params)
}

function pairsOf(): Pairs {
  const rng = createRng(3)
  const tokens = (): Int32Array => Int32Array.from({ length: count * dims.n_ctx }, () => rng.below(dims.d_vocab))
  const answers = Array.from({ length: count }, () => [rng.below(dims.d_vocab)])
  const answerPos = new Int32Array(count).fill(dims.n_ctx - 1)
  return { count, length: dims.n_ctx, clean: tokens(), corrupted: tokens(), answerPos, answers, wrong: [...answers].reverse() }
}

function startWith(work: (network: Network, pairs: Pairs) => void): Running {
  const network = networkOf()
  const pairs = pairsOf()
  return {
    call() {
      work(network, pairs)
      return 0
    },
    end: () => network.dispose(),
  }
}

const { n_layers, n_heads, d_model, d_mlp } = sizes
const perToken = n_layers * (4 * d_model ** 2 + 2 * d_model * d_mlp + 2 * dims.n_ctx * d_model) + d_model * dims.d_vocab
const mlpWork = 2 * d_model * d_mlp
const layerWork = 4 * d_model ** 2 + mlpWork + 2 * dims.n_ctx * d_model
/** Both runs; behind a head of the first layer its MLP and the second layer, behind one of the second the answer's position. */
const sweepWork = n_heads * (dims.n_ctx * (mlpWork + layerWork) + mlpWork + d_model * dims.d_vocab)
const passGflop = (2 * count * dims.n_ctx * perToken) / 1e9
const perPosition = n_layers * (12 * d_model + 2 * d_mlp + 2 * n_heads * dims.n_ctx)
const passMegabytes = (4 * 2 * count * dims.n_ctx * perPosition) / 1e6

export const readingRows: readonly StepRow[] = [
  {
    name: 'forward pass keeping every activation',
    gflop: passGflop,
    megabytes: passMegabytes,
    start: () =>
      startWith((network, pairs) => {
        const names = network.hookPoints.map(({ name }) => name).filter((name) => cached.test(name))
        const { logits, cache } = network.record({ ...sequencesOf(pairs, 'clean', wholeOf(pairs)) }, names)
        logits.dataSync()
        tf.dispose([logits, ...cache.values()])
      }),
  },
  {
    name: 'patching sweep of 16 heads, resumed behind the heads',
    torchRow: 'patching sweep of 16 heads',
    gflop: 2 * passGflop + (2 * count * sweepWork) / 1e9,
    megabytes: 2 * passMegabytes,
    start: () =>
      startWith((network, pairs) => {
        const plan = { pairs, kind: 'z', grid: 'layer-head', direction: 'denoise', metric: 'logit-difference' } as const
        activationPatching.measure(network, plan)
      }),
  },
]
