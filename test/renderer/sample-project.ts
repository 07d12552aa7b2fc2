/**
 * A project in memory that answers the whole contract from closed forms: accuracies are logistic in the step, so that
 * tests know every number. Changes are kept, so that undo can be seen to undo.
 */
import type { Job } from '@contract/jobs'
import type { ProjectCard } from '@contract/projects'
import type { RecipeCard, Verdict } from '@contract/recipes'
import type { StoredReportItem } from '@contract/reports'
import type { Checkpoint, Run, RunSpec, Series } from '@contract/runs'
import type { Answers } from '@renderer/client/fixture'

export const logistic = (x: number, centre: number, width: number): number => 1 / (1 + Math.exp(-(x - centre) / width))

/** Accuracies of the sample runs at a step. */
export const accuracyAt = {
  train: (step: number): number => 0.01 + 0.98 * logistic(step, 60, 12),
  trainCorrupted: (step: number): number => 0.01 + 0.93 * logistic(step, 90, 18),
  test: (step: number): number => 0.01 + 0.975 * logistic(step, 290, 22),
}

const lastStep = 600
export const checkpointSteps: readonly number[] = Array.from({ length: 13 }, (_, i) => i * 50)

export function specOf(seed = 1): RunSpec {
  return {
    task: { id: 'modular-arithmetic', settings: { operation: '+', p: 97, trainFraction: 0.5, corruptedShare: 0.35 } },
    model: { id: 'mlp', settings: { d_mlp: 500, activation: 'quadratic' } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.01, weightDecay: 0 } },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: lastStep, batchSize: 0 },
    seed,
  }
}

export function runOf(id: string, change: Partial<Run> = {}): Run {
  const at = Float32Array.from({ length: 60 }, (_, i) => (i * lastStep) / 59)
  const curve = (f: (step: number) => number): { axes: string[]; shape: number[]; data: Float32Array } => ({
    axes: ['step'],
    shape: [60],
    data: at.map(f),
  })
  return {
    id,
    name: id,
    state: 'finished',
    recipe: { id: 'doshi-2023', arm: 'base', scale: 'paper' },
    spec: specOf(),
    tags: [],
    createdMs: 1,
    step: lastStep,
    lastStep,
    checkpointCount: checkpointSteps.length,
    sizeBytes: 22_400_000,
    madeWith: 'wasm, tfjs 4.22.0',
    spark: { train: curve(accuracyAt.train), test: curve(accuracyAt.test) },
    ...change,
  }
}

export function seriesOf(id: string, title: string, f: (step: number) => number, unit = '1'): Series {
  const steps = Int32Array.from({ length: 121 }, (_, i) => i * 5)
  return {
    id,
    title,
    unit,
    steps: { axes: ['step'], shape: [steps.length], data: steps },
    values: { axes: ['step'], shape: [steps.length], data: Float64Array.from(steps, f) },
  }
}

export const sampleSeries: readonly Series[] = [
  seriesOf('accuracy.train', 'Accuracy, train', accuracyAt.train),
  seriesOf('accuracy.trainClean', 'Accuracy, train, clean labels', (step) => 0.01 + 0.99 * logistic(step, 50, 11)),
  seriesOf('accuracy.trainCorrupted', 'Accuracy, train, corrupted labels', accuracyAt.trainCorrupted),
  seriesOf('accuracy.test', 'Accuracy, test', accuracyAt.test),
  seriesOf('accuracy.trueLabel', 'Accuracy, corrupted pairs predicted as their true label', () => 0.02),
  seriesOf('loss.train', 'Loss, train', (step) => 0.01 * Math.exp(-step / 40) + 1e-5),
  seriesOf('loss.test', 'Loss, test', (step) => 0.012 * Math.exp(-step / 140) + 3e-5),
  seriesOf('weight-norm', 'Weight norm', (step) => 40 + 12 * logistic(step, 80, 30)),
  seriesOf('gradient-norm', 'Gradient norm', (step) => 0.2 * Math.exp(-step / 60) + 1e-4),
  seriesOf('ipr.mean', 'Inverse participation ratio, mean over neurons', (step) => 0.05 + 0.4 * logistic(step, 250, 40)),
  seriesOf('ipr.lowShare', 'Share of neurons below 0.15', (step) => 1 - 0.6 * logistic(step, 240, 40)),
  seriesOf('ipr.highShare', 'Share of neurons above 0.5', (step) => 0.3 * logistic(step, 260, 40)),
]

export function checkpointsOf(): readonly Checkpoint[] {
  return checkpointSteps.map((step) => ({
    step,
    sizeBytes: 580_000,
    hash: `${step.toString(16).padStart(4, '0')}f0e1d2c3b4a5968778695a4b`,
    hasOptimizerState: step === lastStep,
    values: { 'accuracy.train': accuracyAt.train(step), 'accuracy.test': accuracyAt.test(step), 'weight-norm': 40 },
  }))
}

export const recipeCard: RecipeCard = {
  id: 'doshi-2023',
  paper: {
    title: 'To grok or not to grok: disentangling generalization and memorization on corrupted algorithmic datasets',
    authors: ['Darshil Doshi', 'Aritra Das', 'Tianyu He', 'Andrey Gromov'],
    year: 2023,
    arxiv: '2310.13061',
  },
  summary: 'A two-layer quadratic network learns addition mod p while a share of its training labels is random.',
  scales: [
    { id: 'smoke', title: 'Smoke', note: 'p = 59, N = 256: a minute for all arms on one core' },
    { id: 'paper', title: 'Paper', note: 'p = 97, N = 500, as published' },
  ],
  arms: [
    { id: 'base', title: 'No regularization', note: 'memorization and generalization coexist' },
    { id: 'weight-decay', title: 'Weight decay', note: 'decay 15 at learning rate 0.01' },
  ],
  differences: ['Labels are drawn with our generator.'],
  claims: [
    {
      id: 'coexistence-test',
      says: 'The network generalizes although it memorizes wrong labels.',
      where: 'fig. 1',
      measures: 'test accuracy, arm base',
      expect: 'at least 0.9',
    },
    {
      id: 'weight-decay-ignores-labels',
      says: 'Weight decay makes the network ignore the corrupted labels.',
      where: 'table 2',
      measures: 'train accuracy minus (1 − ξ)',
      expect: '−0.05 to 0.05',
    },
  ],
}

export function verdictOf(claimId: string, change: Partial<Verdict> = {}): Verdict {
  return {
    recipeId: 'doshi-2023',
    claimId,
    scale: 'smoke',
    verdict: 'reproduced',
    values: [1, 2, 3].map((seed) => ({ seed, value: 0.97 + seed / 200 })),
    expect: [0.9, 1e308],
    runIds: ['no weight decay'],
    backend: 'wasm',
    versions: 'tfjs 4.22.0',
    atMs: Date.UTC(2026, 10, 20),
    ...change,
  }
}

const fields = {
  p: {
    kind: 'integer' as const,
    title: 'Modulus',
    help: 'Number of residues; there are p² pairs.',
    default: 97,
    min: 2,
    max: 499,
  },
  corruptedShare: {
    kind: 'number' as const,
    title: 'Corrupted share',
    help: 'Share of the training pairs whose label is random.',
    default: 0,
    min: 0,
    max: 1,
  },
}
const modelFields = {
  d_mlp: { kind: 'integer' as const, title: 'Width', help: 'Number of hidden neurons.', default: 500, min: 1, max: 8192 },
  activation: {
    kind: 'choice' as const,
    title: 'Activation',
    help: 'What the hidden layer computes.',
    default: 'quadratic',
    choices: ['quadratic', 'relu', 'gelu'],
  },
}

export interface SampleProject {
  readonly answers: Answers
  /** The project's state, as the main process would hold it. */
  readonly runs: Map<string, Run>
  readonly report: StoredReportItem[]
  readonly started: { name: string; spec: RunSpec }[]
  /** Sends a change to whoever follows runs. */
  announce(changed: readonly string[]): void
  session: string | undefined
}

export function createSampleProject(): SampleProject {
  const runs = new Map<string, Run>(
    [
      runOf('no weight decay', { createdMs: 3, tags: ['figure 1'] }),
      runOf('weight decay 15', { createdMs: 2, sizeBytes: 14_100_000 }),
      runOf('dropout 0.6', { createdMs: 1, state: 'interrupted', step: 340 }),
      runOf('no weight decay, 310 neurons removed', {
        createdMs: 4,
        parent: { runId: 'no weight decay', step: 450, how: '310 neurons removed, lowest IPR first' },
        step: 450,
      }),
    ].map((run) => [run.id, run]),
  )
  const hidden = new Map<string, Run>()
  const report: StoredReportItem[] = []
  const listeners = new Set<(change: { changed: string[]; removed: string[] }) => void>()
  const layouts = new Map<string, string>()
  const cards: ProjectCard[] = ['corrupted-labels', 'my-runs'].map((name, i) => ({
    name,
    sizeBytes: 41_000_000 / (i + 1),
    changedMs: 10 - i,
    isSample: i === 0,
    isOpen: i === 0,
  }))
  const project = { name: 'corrupted-labels', folder: 'work', sizeBytes: 41_000_000, isReadOnly: false, schemaVersion: 1 }
  const job: Job = {
    id: 'job-1',
    title: 'Training dropout 0.6, seed 1',
    kind: 'train',
    state: 'running',
    done: 11_140,
    total: 15_680,
    unit: 'steps',
    rate: 5900,
    elapsedMs: 2000,
  }
  const untilLeft = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const found = (runId: string): Run => {
    const run = runs.get(runId)
    if (!run) throw { code: 'RUN_NOT_FOUND', message: `the project has no run '${runId}'` }
    return run
  }
  const put = (run: Run): Run => {
    runs.set(run.id, run)
    return run
  }
  const sample: SampleProject = {
    runs,
    report,
    started: [],
    session: undefined,
    announce: (changed) => listeners.forEach((listener) => listener({ changed: [...changed], removed: [] })),
    answers: {
      projects: {
        list: () => cards,
        current: () => project,
        async follow(_args, { emit, signal }) {
          await emit(project)
          await untilLeft(signal)
        },
      },
      runs: {
        list: () => [...runs.values()],
        show: ({ runId }) => found(runId),
        checkpoints: () => [...checkpointsOf()],
        phases: () => [
          { name: 'memorization', fromStep: 0, toStep: 190 },
          { name: 'circuit-formation', fromStep: 190, toStep: 380 },
          { name: 'cleanup', fromStep: 380, toStep: 600 },
        ],
        measurements: ({ series }) => sampleSeries.filter(({ id }) => !series || series.includes(id)),
        rename: ({ runId, name }) => put({ ...found(runId), name }),
        tag: ({ runId, tags }) => put({ ...found(runId), tags }),
        remove: ({ runId }) => {
          hidden.set(runId, found(runId))
          runs.delete(runId)
          return {}
        },
        restore: ({ runId }) => put(hidden.get(runId)!),
        resume: () => ({ jobId: 'job-2' }),
        start: ({ name, spec }) => {
          sample.started.push({ name, spec })
          put(runOf(name, { createdMs: 9, state: 'queued', step: 0, spec }))
          sample.announce([name])
          return { runId: name, jobId: 'job-2' }
        },
        async follow(_args, { emit, signal }) {
          await emit({ changed: [], removed: [] })
          const listener = (change: { changed: string[]; removed: string[] }): void => void emit(change)
          listeners.add(listener)
          await untilLeft(signal)
          listeners.delete(listener)
        },
      },
      recipes: {
        list: () => [recipeCard],
        spec: ({ seed }) => specOf(seed),
        parts: () => ({
          tasks: [{ id: 'modular-arithmetic', title: 'Modular arithmetic', help: 'a ∘ b mod p for all pairs.', fields }],
          models: [{ id: 'mlp', title: 'Perceptron', help: 'One hidden layer over a one-hot pair.', fields: modelFields }],
          optimizers: [{ id: 'adamw', title: 'AdamW', help: 'Adam with decoupled weight decay.', fields: {} }],
          losses: [{ id: 'mse', title: 'Mean squared error', help: 'Over one-hot targets.', fields: {} }],
          schedule: {
            steps: { kind: 'integer', title: 'Steps', help: 'Optimizer steps until the run ends.', default: 600, min: 0, max: 1e7 },
          },
        }),
        check: ({ spec }) => ({
          complaints:
            Number(spec.task.settings['p']) % 2 === 0 ? [{ path: 'task.p', message: 'p is even; a prime is needed' }] : [],
        }),
        run: () => ({ jobId: 'job-3' }),
        verdicts: () => [verdictOf('coexistence-test')],
        recorded: () => [
          verdictOf('coexistence-test', { scale: 'paper' }),
          verdictOf('weight-decay-ignores-labels', { verdict: 'partly', expect: [-0.05, 0.05] }),
        ],
      },
      reports: {
        list: () => report,
        add({ item }) {
          const stored = { id: `item-${report.length + 1}`, atMs: 1, item }
          report.push(stored)
          return stored
        },
        change({ id, item }) {
          const index = report.findIndex((stored) => stored.id === id)
          report[index] = { ...report[index]!, item }
          return report[index]!
        },
        remove: ({ id }) => report.splice(report.findIndex((stored) => stored.id === id), 1)[0]!,
        insert({ stored, index }) {
          report.splice(index, 0, stored)
          return report
        },
        move({ id, index }) {
          const [moved] = report.splice(report.findIndex((stored) => stored.id === id), 1)
          report.splice(index, 0, moved!)
          return report
        },
        export: ({ format }) => ({ fileName: `report.${format}`, mime: 'text/plain', bytes: new TextEncoder().encode('x') }),
      },
      sessions: {
        load: () => (sample.session === undefined ? {} : { session: sample.session }),
        save({ session }) {
          sample.session = session
          return {}
        },
        layouts: () => [...layouts].map(([name, session]) => ({ name, session })),
        saveLayout({ name, session }) {
          layouts.set(name, session)
          return {}
        },
        removeLayout({ name }) {
          layouts.delete(name)
          return {}
        },
      },
      jobs: {
        list: () => [job],
        async follow(_args, { emit, signal }) {
          await emit([job])
          await untilLeft(signal)
        },
        pause: () => ({ ...job, state: 'paused' }),
        continue: () => job,
        cancel: () => ({ ...job, state: 'cancelled' }),
      },
      system: {
        hello: () => ({
          version: '0.1.0',
          protocol: 1,
          shell: 'served',
          abilities: { dialogs: false, pdf: true },
          platform: 'linux',
        }),
        doctor: () => [
          { subject: 'Electron', state: 'missing', found: 'no binary', cost: 'The workbench opens in a browser.', remedy: 'npm install.' },
          { subject: 'SQLite', state: 'present', found: '3.50', cost: '', remedy: '' },
        ],
        async status(_args, { emit, signal }) {
          await emit({
            backend: { id: 'wasm', title: 'WebAssembly, 2 threads', reason: 'tfjs-node-gpu is not installed' },
            compute: 'ready',
            memoryBytes: { main: 96e6, compute: 116e6 },
          })
          await untilLeft(signal)
        },
        page: ({ name }) => ({
          markdown: `# ${name}\n\nA page about *${name}*, with a [link](glossary.md) and \`code\`.\n\n| Term | Means |\n|---|---|\n| mask | which weights are kept |\n\n<b onclick="x()">raw</b>`,
        }),
        pages: () => [
          { name: 'glossary', title: 'Glossary' },
          { name: 'symptoms', title: 'Symptoms' },
          { name: 'errors/CANCELLED', title: 'CANCELLED' },
        ],
      },
    },
  }
  return sample
}
