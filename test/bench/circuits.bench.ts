/** Every edge of small transformers exactly, those of a 12 × 12 one by attribution, and what circuits cost to judge. */
import { unwrap } from '@main/base/result'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import circuitFaithfulness from '@main/lab/interpret/circuit-faithfulness'
import { circuitMethods } from '@main/lab/interpret/circuit-methods'
import { finish } from '@main/lab/interpret/circuit-methods/circuit-method'
import circuitStability from '@main/lab/interpret/circuit-stability'
import { agreementOf } from '@main/lab/interpret/components/agreement'
import type { CircuitPlan } from '@main/lab/interpret/components/circuit-recording'
import { graphOfPlan } from '@main/lab/interpret/components/circuit-suitability'
import type { Pairs } from '@main/lab/interpret/components/pairs'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'

type Report = (name: string, value: number, unit: string) => void

interface Shape {
  readonly settings: SettingValues
  readonly length: number
  readonly d_vocab: number
  readonly count: number
}

/** As the samples that add modulo a prime. */
const adding = (n_layers: number): Shape => ({ settings: { n_layers, n_heads: 4, d_model: 128, d_head: 32, d_mlp: 512 }, length: 3, d_vocab: 114, count: 64 })
const like12by12: Shape = {
  settings: { n_layers: 12, n_heads: 12, d_model: 768, d_head: 64, d_mlp: 3072, normalization: 'LN', biases: true, activation: 'gelu_new' },
  length: 16,
  d_vocab: 1000,
  count: 8,
}

function planOf({ length, d_vocab, count }: Shape): CircuitPlan {
  const rng = createRng(3)
  const tokens = (): Int32Array => Int32Array.from({ length: count * length }, () => rng.below(d_vocab))
  const answers = Array.from({ length: count }, () => [rng.below(d_vocab)])
  const pairs: Pairs = { count, length, clean: tokens(), corrupted: tokens(), answerPos: new Int32Array(count).fill(length - 1), answers, wrong: [...answers].reverse() }
  return { pairs, metric: 'logit-difference', ablation: 'resample' }
}

function networkOf({ settings, length, d_vocab }: Shape): Network {
  const complete = { ...defaultsOf(transformer.fields), ...settings }
  const dims = { n_ctx: length, d_vocab, d_vocab_out: d_vocab }
  const { params } = transformer.init(complete as never, dims, createRng(1)) // every key is a field's
  return createNetwork(transformer, complete, dims, params)
}

function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const startMs = performance.now()
  const result = work()
  return { result, ms: performance.now() - startMs }
}

export default async function bench(report: Report, say: (text: string) => void): Promise<void> {
  const { id } = unwrap(await chooseBackend(backendCandidates))
  say(`backend ${id}; the median of three sweeps after one to warm up`)
  for (const layers of [1, 2]) small(layers, report)
  large(report)
}

function small(layers: number, report: Report): void {
  const shape = adding(layers)
  const [network, plan] = [networkOf(shape), planOf(shape)]
  const { edgeCount } = graphOfPlan(network, plan)
  const run = (method: string, settings: SettingValues = {}) => {
    const found = circuitMethods.require(method)
    return finish(found, network, { plan, settings: { ...defaultsOf(found.fields), ...settings } })
  }
  const exact = run('exact-edges')
  for (const method of ['exact-edges', 'exact-nodes', 'eap', 'eap-ig', 'acdc']) {
    run(method)
    const times = [0, 1, 2].map(() => timed(() => run(method)).ms).sort((x, y) => x - y)
    report(`${method}: ${edgeCount} edges, ${shape.count} pairs`, times[1]!, 'ms')
  }
  const { spearman } = agreementOf(exact.scores, run('eap-ig').scores, 10)
  report(`rank correlation of eap-ig with exact: ${edgeCount} edges`, spearman, '')
  report('faithfulness at ten sizes', timed(() => circuitFaithfulness.measure(network, { ...plan, scores: exact.scores })).ms, 'ms')
  const stability = { examples: exact.examples!, pairCount: shape.count, count: 12, resamples: 200, seed: 0 }
  report('stability, 200 resamples', timed(() => circuitStability.measure(network, stability)).ms, 'ms')
  network.dispose()
}

function large(report: Report): void {
  const [network, plan] = [networkOf(like12by12), planOf(like12by12)]
  const { edgeCount } = graphOfPlan(network, plan)
  const eap = circuitMethods.require('eap')
  const { result, ms } = timed(() => finish(eap, network, { plan, settings: {} }))
  report(`eap: 12 × 12, d_model 768, ${edgeCount} edges, ${like12by12.count} pairs`, ms, 'ms')
  report('edges scored', result.scores.filter(Number.isFinite).length, '')
  network.dispose()
}
