import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrap, type AppError } from '@main/base/result'
import type { TicketExperiment, TicketPlan } from '@contract/tickets'
import type { RunSpec } from '@contract/runs'
import { createTestHost, ended, type TestHost } from '../../../fixtures/host'

let it: TestHost
let runId: string

/** Addition mod 7 on a perceptron that a few hundred steps teach; half of the test pairs count as fitted. */
function spec(over: Partial<RunSpec> = {}): RunSpec {
  return {
    task: { id: 'modular-arithmetic', settings: { p: 7, trainFraction: 0.8 } },
    model: { id: 'embedding-perceptron', settings: { d_model: 12, d_mlp: 10 } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.02, weightDecay: 1, beta2: 0.98 } },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: { steps: 60, measureEvery: 5, checkpointEvery: 20, checkpointOnEvent: 'moments' },
    seed: 1,
    ...over,
  }
}

function plan(over: Partial<TicketPlan> = {}): TicketPlan {
  return {
    runId,
    name: 'all kinds',
    moments: [{ kind: 'step', step: 60 }],
    scores: ['magnitude'],
    sparsities: [0.6],
    maskIds: [],
    controls: ['dense', 'random', 'snip', 'l2-norm'],
    rewindStep: 0,
    seeds: [1, 2],
    decays: ['as-trained'],
    threshold: 0.5,
    steps: 30,
    ...over,
  }
}

beforeAll(async () => {
  it = await createTestHost()
  const started = await it.client.runs.start({ name: 'dense', spec: spec() })
  runId = started.runId
  expect(await ended(it.client, started.jobId)).toMatchObject({ state: 'finished' })
}, 60_000)
afterAll(() => it.end())

/** The experiment as the stream first tells it. */
async function shown(experimentId: string): Promise<TicketExperiment> {
  const leaving = new AbortController()
  let told: TicketExperiment | undefined
  const reading = it.client.tickets.follow(
    { experimentId },
    (experiment) => {
      told = experiment
      leaving.abort()
    },
    { signal: leaving.signal },
  )
  await reading.catch((thrown: unknown) => {
    if (!leaving.signal.aborted) throw thrown
  })
  return told!
}

async function performed(of: TicketPlan): Promise<TicketExperiment> {
  const { experimentId, jobId } = await it.client.tickets.start(of)
  expect(await ended(it.client, jobId)).toMatchObject({ state: 'finished' })
  return shown(experimentId)
}

const refused = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'nothing was refused', (thrown: AppError) => thrown.failure)
const lastHash = (id: string): string => it.host.store().checkpoints.list(id).at(-1)!.hash

describe('a ticket experiment', { timeout: 120_000 }, () => {
  let experiment: TicketExperiment
  beforeAll(async () => {
    experiment = await performed(plan())
  }, 120_000)

  test('has an arm for each combination and control, each with a finished run a seed', () => {
    expect(experiment.arms.map(({ arm }) => [arm.title, arm.kind])).toEqual([
      ['Dense', 'dense'],
      ['Magnitude at step 60, 60 %', 'ticket'],
      ['Random at step 60, 60 %', 'control'],
      ['SNIP before training, 60 %', 'control'],
      ['Dense with the ticket’s L2 norm', 'control'],
    ])
    expect(experiment.state).toBe('finished')
    expect(experiment.arms.flatMap(({ runs }) => runs.map(({ state, seed }) => [state, seed]))).toEqual(
      experiment.arms.flatMap(() => [['finished', 1], ['finished', 2]]),
    )
  })

  test('takes its run for the dense one of that run’s seed and trains the others', () => {
    const [first, second] = experiment.arms[0]!.runs

    expect(first!.runId).toBe(runId)
    expect(it.host.store().runs.find(second!.runId!)!.spec).toMatchObject({ seed: 2, model: spec().model, schedule: { checkpointOnEvent: 'moments' } })
  })

  test('trains tickets under a stored mask from the dense run’s initial weights', () => {
    const project = it.host.store()
    const [run] = experiment.arms[1]!.runs
    const mask = project.masks.load(run!.maskId!)!
    const initial = unwrap(project.checkpoints.load(runId, 0)).params
    const states = project.checkpoints.list(run!.runId!).map(({ step }) => unwrap(project.checkpoints.load(run!.runId!, step)))

    expect(mask).toMatchObject({ runId, step: 60, score: 'magnitude', name: 'magnitude at step 60, 60 %' })
    expect(mask.sparsity).toBeCloseTo(0.6, 2)
    for (const [name, { data }] of Object.entries(mask.arrays)) {
      expect(states[0]!.params[name]!.data).toEqual(initial[name]!.data.map((value, i) => (data[i] === 0 ? 0 : value)))
      for (const { params } of states) expect(params[name]!.data.filter((value, i) => data[i] === 0 && !Object.is(value, 0))).toEqual(new Float32Array())
    }
    expect(states.at(-1)!.params['W_in']!.data).not.toEqual(states[0]!.params['W_in']!.data)
    expect(project.runs.find(run!.runId!)!.spec.start).toMatchObject({ use: 'mask', score: 'magnitude', step: 60, rewindStep: 0, parent: { seed: 1 } })
  })

  test('tells times that are those of the measurements', () => {
    for (const { arm, runs } of experiment.arms) {
      for (const run of runs) {
        const [test, train] = ['accuracy.test', 'accuracy.train'].map((id) => it.host.store().measurements.series(run.runId!, [id])[0]!)
        const first = ({ steps, values }: NonNullable<typeof test>, at: number): number | undefined => steps.data[values.data.findIndex((value) => value >= at)]
        expect([arm.title, run.tMem, run.tGen, run.to99]).toEqual([arm.title, first(train!, 0.5), first(test!, 0.5), first(test!, 0.99)])
        if (run.tMem && run.tGen) expect(run.tau).toBe(run.tGen / run.tMem)
      }
    }
    const [dense, ticket] = experiment.arms
    expect(dense!.tGen.count).toBe(2)
    if (ticket!.runs[0]!.tGen) expect(ticket!.runs[0]!.speedUp).toBe(dense!.runs[0]!.tGen! / ticket!.runs[0]!.tGen)
    expect(dense!.tGen.mean).toBeCloseTo(Math.sqrt(dense!.runs[0]!.tGen! * dense!.runs[1]!.tGen!), 6)
  })

  test('draws a curve a measured arm, with bands over its seeds', async () => {
    const curves = await it.client.tickets.curves({ experimentId: experiment.id, series: 'accuracy.test' })
    const [dense] = curves
    const of = (id: string): readonly number[] => [...it.host.store().measurements.series(id, ['accuracy.test'])[0]!.values.data]
    const both = experiment.arms[0]!.runs.map((run) => of(run.runId!))

    expect(curves.map(({ armId }) => armId)).toEqual(experiment.arms.map(({ arm }) => arm.id))
    dense!.steps.data.forEach((_, i) => {
      const values = both.map((series) => series[i]!)
      expect(dense!.mean.data[i]).toBeCloseTo((values[0]! + values[1]!) / 2, 6)
      expect([dense!.low.data[i], dense!.high.data[i]]).toEqual([Math.fround(Math.min(...values)), Math.fround(Math.max(...values))])
    })
  })

  test('trained again, or from its specification alone, comes to the same weights', async () => {
    const again = await performed(plan({ name: 'again', seeds: [1] }))
    const ticket = experiment.arms[1]!.runs[0]!.runId!
    const alone = await it.client.runs.start({ name: 'alone', spec: it.host.store().runs.find(ticket)!.spec })
    await ended(it.client, alone.jobId)

    expect(lastHash(again.arms[1]!.runs[0]!.runId!)).toBe(lastHash(ticket))
    expect(lastHash(alone.runId)).toBe(lastHash(ticket))
    // The mask is the project's one and the same.
    expect(again.arms[1]!.runs[0]!.maskId).toBe(experiment.arms[1]!.runs[0]!.maskId)
  })

  test('that was cancelled goes on where it was, to the same end', async () => {
    const started = await it.client.tickets.start(plan({ name: 'cut short', seeds: [1] }))
    await it.client.jobs.cancel({ jobId: started.jobId })
    await ended(it.client, started.jobId)
    expect((await shown(started.experimentId)).state).toBe('cancelled')

    const { jobId } = await it.client.tickets.resume({ experimentId: started.experimentId })
    await ended(it.client, jobId)
    const whole = await shown(started.experimentId)

    expect(whole.state).toBe('finished')
    expect(whole.arms.map(({ runs }) => lastHash(runs[0]!.runId!))).toEqual(experiment.arms.map(({ runs }) => lastHash(runs[0]!.runId!)))
  })

  test('goes on with arms beside one that cannot be trained, and says why it cannot', async () => {
    const quadratic = await it.client.runs.start({ name: 'quadratic', spec: spec({ model: { id: 'embedding-perceptron', settings: { d_model: 12, d_mlp: 10, activation: 'quadratic' } } }) })
    await ended(it.client, quadratic.jobId)

    const found = await performed(plan({ runId: quadratic.runId, seeds: [1], scores: ['synflow', 'magnitude-per-layer'], controls: [] }))

    expect(found.arms.map(({ arm, runs }) => [arm.title, runs[0]!.state, runs[0]!.failure?.code])).toEqual([
      ['Dense', 'finished', undefined],
      ['SynFlow at step 0, 60 %', 'failed', 'MODEL_UNSUITABLE'],
      ['Magnitude per layer at step 60, 60 %', 'finished', undefined],
    ])
  })

  test('lengthens a ticket under its mask', async () => {
    const project = it.host.store()
    const run = project.runs.find(experiment.arms[2]!.runs[0]!.runId!)!
    const mask = project.masks.load(run.parent!.maskId!)!.arrays

    const { jobId } = await it.client.runs.resume({ runId: run.id, lastStep: run.step + 20 })
    await ended(it.client, jobId)
    const { params, slots, step } = unwrap(project.checkpoints.load(run.id, run.step + 20))

    expect(step).toBe(run.step + 20)
    const strays = Object.entries({ ...params, ...slots }).filter(([name, { data }]) => {
      const kept = mask[name.replace(/^.*\//, '')]!.data
      return data.some((value, i) => kept[i] === 0 && !Object.is(value, 0))
    })
    expect(strays.map(([name]) => name)).toEqual([])
    expect(Object.keys(slots).length).toBe(8)
  })

  test('rewinds to any stored step of the dense run', async () => {
    const found = await performed(plan({ name: 'rewound', seeds: [1], controls: [], rewindStep: 20 }))
    const project = it.host.store()
    const run = project.runs.find(found.arms[1]!.runs[0]!.runId!)!
    const [at20, begun] = [unwrap(project.checkpoints.load(runId, 20)).params, unwrap(project.checkpoints.load(run.id, 0))]
    const mask = project.masks.load(run.parent!.maskId!)!.arrays

    expect(run.spec.start).toMatchObject({ rewindStep: 20, step: 60 })
    for (const [name, { data }] of Object.entries(mask)) {
      expect(begun.params[name]!.data).toEqual(at20[name]!.data.map((value, i) => (data[i] === 0 ? 0 : value)))
    }
    expect(begun).toMatchObject({ step: 0, slots: {} })
  })

  test('takes a mask that was picked by hand', async () => {
    const W_out = unwrap(it.host.store().checkpoints.load(runId, 60)).params['W_out']!
    const arrays = { W_out: { axes: [...W_out.axes], shape: [...W_out.shape], data: Uint8Array.from(W_out.data, (_, i) => i % 2) } }
    const mask = await it.client.masks.create({ runId, step: 60, name: 'by hand', how: 'every other', arrays })

    const found = await performed(plan({ seeds: [1], scores: [], moments: [], maskIds: [mask.id], controls: [], decays: ['as-trained', 'none'] }))

    expect(found.arms.map(({ arm }) => arm.title)).toEqual(['Dense', 'Mask by hand, version 1', 'Mask by hand, version 1, no weight decay'])
    const [, decayed, free] = found.arms.map(({ runs }) => it.host.store().runs.find(runs[0]!.runId!)!)
    expect(decayed!.parent!.maskId).toBe(mask.id)
    expect([decayed!.spec.optimizer.settings['weightDecay'], free!.spec.optimizer.settings['weightDecay']]).toEqual([1, 0])
    const { params } = unwrap(it.host.store().checkpoints.load(free!.id, 30))
    expect(params['W_out']!.data.filter((value, i) => i % 2 === 0 && value !== 0)).toEqual(new Float32Array())
  })

  test('is listed newest first, and forgotten without its runs', async () => {
    const before = await it.client.tickets.list({ runId })
    await it.client.tickets.remove({ experimentId: experiment.id })

    expect(before.at(-1)).toMatchObject({ name: 'all kinds', state: 'finished', armCount: 5, seedCount: 2 })
    expect((await it.client.tickets.list({ runId })).map(({ id }) => id)).toEqual(before.map(({ id }) => id).filter((id) => id !== experiment.id))
    expect(it.host.store().runs.find(experiment.arms[1]!.runs[0]!.runId!)).toBeDefined()
    expect(await refused(it.client.tickets.curves({ experimentId: experiment.id, series: 'accuracy.test' }))).toMatchObject({ code: 'EXPERIMENT_NOT_FOUND' })
  })
})

describe('a plan', { timeout: 60_000 }, () => {
  test('counts what is still to be trained, and its steps at most', async () => {
    const found = await it.client.tickets.plan(plan({ sparsities: [0.6, 0.8] }))

    // One dense run is there. Of the rest: dense; per seed two tickets, random, SNIP and the L2 norm.
    expect(found).toMatchObject({ complaints: [], runCount: 11, steps: 60 + 2 * (4 * 30 + 60) })
  })
  test.each([
    ['scores', { scores: ['given'] }, 'a given mask is named among maskIds'],
    ['seeds', { seeds: [1, 1] }, 'expected each once'],
    ['rewindStep', { rewindStep: 7 }, 'no checkpoint at step 7'],
    ['maskIds', { maskIds: ['mask-none'] }, "no mask 'mask-none'"],
    ['moments.0', { moments: [{ kind: 'step', step: 900 }] }, 'no checkpoint from step 900 on'],
  ] as const)('complains about %s', async (path, over, words) => {
    const asked = plan(over as unknown as Partial<TicketPlan>)
    const { complaints } = await it.client.tickets.plan(asked)

    expect(complaints.map((one) => one.path)).toEqual([path])
    expect(complaints[0]!.message).toContain(words)
    expect(await refused(it.client.tickets.start(asked))).toMatchObject({ code: 'SETTING_INVALID' })
  })
  test('that takes a ticket to another seed is refused: its mask would know examples that are tested on', async () => {
    const ticket = it.host.store().runs.list().find(({ spec }) => spec.start)!

    const starting = it.client.runs.start({ name: 'other', spec: { ...ticket.spec, seed: ticket.spec.seed + 1 } })

    expect(await refused(starting)).toMatchObject({ code: 'SETTING_INVALID', message: expect.stringContaining('start.parent.seed') as string })
  })
  test('about a run that is itself a ticket is refused', async () => {
    const ticket = it.host.store().runs.list().find(({ spec }) => spec.start)!

    expect((await it.client.tickets.plan(plan({ runId: ticket.id }))).complaints[0]).toMatchObject({ path: 'runId' })
  })
})
