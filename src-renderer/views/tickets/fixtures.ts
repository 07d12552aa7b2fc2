import type { Frame } from '@contract/frames'
import type { Run } from '@contract/runs'
import type { TicketArm, TicketArmState, TicketCurve, TicketEstimate, TicketExperiment, TicketPlan, TicketRun } from '@contract/tickets'
import type { ViewFixtures } from '../../workbench/view'

const how = {
  definition: 't_gen / t_mem, first measured steps with test and train accuracy at the threshold.',
  source: 'arXiv:2310.19470 §3',
  spec: { seeds: '1, 2, 3' },
  backend: 'cpu',
  elapsedMs: 1,
}
const run: Run = {
  id: 'run-dense',
  name: 'addition mod 67',
  state: 'finished',
  spec: {
    task: { id: 'modular-arithmetic', settings: { p: 67 } },
    model: { id: 'embedding-perceptron', settings: {} },
    optimizer: { id: 'adamw', settings: {} },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: { steps: 30_000 },
    seed: 1,
  },
  tags: [],
  createdMs: 0,
  step: 16_000,
  lastStep: 30_000,
  checkpointCount: 9,
  sizeBytes: 9_000_000,
  madeWith: 'cpu',
}
const plan: TicketPlan = {
  runId: run.id,
  name: 'Tickets of addition mod 67',
  moments: [{ kind: 'event', event: 'generalized' }],
  scores: ['magnitude'],
  sparsities: [0.6],
  maskIds: [],
  controls: ['dense', 'l1-norm', 'memorized', 'random'],
  rewindStep: 0,
  seeds: [1, 2, 3],
  decays: ['as-trained'],
  threshold: 0.95,
  steps: 30_000,
}

/** What core of the paper was measured at its size: t_mem and t_gen by arm; no t_gen where it never came. */
const measured: readonly { title: string; kind: TicketArm['kind']; use?: 'mask' | 'l1-norm'; score?: 'magnitude' | 'random'; tMem: number; tGen?: number }[] = [
  { title: 'Dense', kind: 'dense', tMem: 100, tGen: 15_680 },
  { title: 'Magnitude at generalized, 60 %', kind: 'ticket', use: 'mask', score: 'magnitude', tMem: 160, tGen: 880 },
  { title: 'Dense with the ticket’s L1 norm', kind: 'control', use: 'l1-norm', score: 'magnitude', tMem: 120, tGen: 21_780 },
  { title: 'Magnitude at memorized, 60 %', kind: 'control', use: 'mask', score: 'magnitude', tMem: 190 },
  { title: 'Random, 60 %', kind: 'control', use: 'mask', score: 'random', tMem: 200 },
]
const seedFactor = [1, 1.2, 0.85]

function estimate(values: readonly (number | undefined)[]): TicketEstimate {
  const logs = values.flatMap((value) => (value === undefined ? [] : [Math.log(value)]))
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const spread = 0.35
  return {
    ...(logs.length > 0 && { mean: Math.exp(mean), low: Math.exp(mean - spread), high: Math.exp(mean + spread) }),
    count: logs.length,
    of: values.length,
  }
}

const arms = measured.map(({ title, kind, use, score, tMem, tGen }, place): TicketArmState => {
  const runs = plan.seeds.map((seed, i): TicketRun => {
    const [mem, gen] = [Math.round(tMem * seedFactor[i]!), tGen === undefined ? undefined : Math.round(tGen * seedFactor[i]!)]
    return {
      seed,
      state: 'finished',
      runId: `run-${place}-${seed}`,
      ...(use === 'mask' && { maskId: `mask-${place}-${seed}`, maskStep: 16_000 }),
      step: gen === undefined ? 30_000 : Math.round(gen * 1.1),
      lastStep: 30_000,
      tMem: mem,
      ...(gen !== undefined && { tGen: gen, to95: gen, to99: Math.round(1.05 * gen), tau: gen / mem, speedUp: (15_680 * seedFactor[i]!) / gen }),
      trainAccuracy: 1,
      testAccuracy: gen === undefined ? 0.02 : 0.99,
    }
  })
  const start = use && { use, score: score!, at: plan.moments[0]!, sparsity: 0.6, rewindStep: 0 }
  const of = (key: 'tMem' | 'tGen' | 'to95' | 'to99' | 'tau' | 'speedUp') => estimate(runs.map((one) => one[key]))
  return {
    arm: { id: `arm-${place}`, title, kind, decay: 'as-trained', ...(start && { start }) },
    runs,
    tMem: of('tMem'),
    tGen: of('tGen'),
    to95: of('to95'),
    to99: of('to99'),
    tau: of('tau'),
    speedUp: of('speedUp'),
  }
})
const card = { id: 'experiment-1', name: plan.name, runId: run.id, createdMs: 0, state: 'finished', armCount: arms.length, seedCount: 3 } as const
const experiment: TicketExperiment = { ...card, plan, arms, how }

const steps = Int32Array.from({ length: 90 }, (_, i) => Math.round(10 * 1.0935 ** i))
const frame = (data: Frame['data'], axes = ['step'], shape: readonly number[] = [data.length]): Frame => ({ axes, shape, data })
const rise = (centre: number, shift: number): Float64Array => Float64Array.from(steps, (step) => 1 / (1 + (centre / (step * shift)) ** 6))
const curves = measured.map(({ tGen }, place): TicketCurve => ({
  armId: `arm-${place}`,
  steps: frame(steps),
  mean: frame(tGen === undefined ? new Float64Array(steps.length).fill(0.02) : rise(0.8 * tGen, 1)),
  low: frame(tGen === undefined ? new Float64Array(steps.length).fill(0.01) : rise(0.8 * tGen, 0.82)),
  high: frame(tGen === undefined ? new Float64Array(steps.length).fill(0.03) : rise(0.8 * tGen, 1.2)),
  count: frame(new Int32Array(steps.length).fill(3)),
}))

const [p, neurons] = [67, 48]
const freqOf = (neuron: number): number => [3, 11, 24][(7 * neuron) % 3]!
const weights = Float32Array.from({ length: p * neurons }, (_, i) => Math.cos((2 * Math.PI * freqOf(i % neurons) * Math.floor(i / neurons)) / p + (i % neurons)))
const kept = Uint8Array.from(weights, (weight) => (Math.abs(weight) > 0.6 ? 1 : 0))
const shares = Float32Array.from({ length: 34 }, (_, freq) => ([3, 11, 24].includes(freq) ? 0.3 : 0.003))
const masks = arms.filter(({ arm }) => arm.start?.use === 'mask')

const answers = {
  runs: { list: () => [run], checkpoints: () => [{ step: 16_000, sizeBytes: 1, hash: 'f00d', hasOptimizerState: true, values: {} }] },
  masks: {
    list: () => [],
    picture: () => ({ arrays: ['W_E', 'W_in', 'W_out', 'W_U'], array: 'W_in', weights: frame(weights, ['d_model', 'd_mlp'], [p, neurons]), kept: frame(kept, ['d_model', 'd_mlp'], [p, neurons]) }),
    spectrum: () => ({
      modulus: p,
      dense: frame(shares, ['freq']),
      masked: frame(shares, ['freq']),
      keyFreqs: [3, 11, 24],
      denseEntropy: 2.6,
      maskedEntropy: 1.4,
      denseIpr: frame(new Float32Array(neurons).fill(0.4), ['neuron']),
      maskedIpr: frame(new Float32Array(neurons).fill(0.7), ['neuron']),
      freq: frame(Int32Array.from({ length: neurons }, (_, i) => freqOf(i)), ['neuron']),
      how,
    }),
    overlap: () => {
      const at = (i: number): number => (Math.floor(i / masks.length) % masks.length === i % masks.length ? 1 : 0.28)
      const matrix = (value: (i: number) => number) => frame(Float32Array.from({ length: masks.length ** 2 }, (_, i) => value(i)), ['layer', 'mask', 'mask'], [1, masks.length, masks.length])
      return { layers: ['all'], jaccard: matrix(at), chance: matrix(() => 0.25), how }
    },
  },
  tickets: {
    list: () => [card],
    plan: () => ({ arms: arms.map(({ arm }) => arm), runCount: 15, steps: 450_000, complaints: [] }),
    curves: () => curves,
    follow: async (_args: unknown, { emit }: { emit: (event: TicketExperiment) => Promise<void> }) => void (await emit(experiment)),
  },
}
const selection = { runId: run.id, step: 16_000 }
const damaged = { code: 'PROJECT_DAMAGED', message: 'page 7 of the project file cannot be read' }

export default {
  empty: { answers: { runs: { list: () => [] }, tickets: { list: () => [] } } },
  loading: { answers: { runs: { list: () => [run] } }, selection },
  error: { answers: { runs: { list: () => [run] }, tickets: { list: () => Promise.reject(damaged) } }, selection },
  full: { answers, selection },
} satisfies ViewFixtures
