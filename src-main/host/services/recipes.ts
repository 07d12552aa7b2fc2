import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, unwrap } from '../../base/result'
import type { Clock } from '../../base/time'
import type { recipes as namespace, RecipeCard, Verdict } from '../../contract/recipes'
import type { ServiceOf } from '../../contract/rpc'
import type { Run } from '../../contract/runs'
import { readReport } from '../../lab/reports/report'
import { fittedAccuracy } from '../../lab/train/moments'
import type { Jobs } from '../compute/job'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import { trainArms, type PlannedArm } from './arms'
import type { RunChanges } from './changes'
import { attachImages } from './images'
import type { Training } from './training'

export interface RecipesOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
  readonly jobs: Jobs
  readonly training: Training
  readonly changes: RunChanges
  readonly clock: Clock
  readonly version: string
  /** resources/claims: reports recorded with the release, `<recipe>.<scale>.json`. */
  readonly recorded: string
}

/** What a recipe run is asked for; `arms` narrows it to some, and claims that need others stay unmeasured. */
export interface RecipeRun {
  readonly recipeId: string
  readonly scale: string
  readonly seeds: readonly number[]
  readonly set?: Readonly<Record<string, number | string | boolean>> | undefined
  readonly arms?: readonly string[] | undefined
}

export interface RecipesService extends ServiceOf<typeof namespace> {
  /** Like `run`, for callers in this process: narrows to some arms, and says when it has ended. */
  begin(asked: RecipeRun): Promise<{ jobId: string; runIds: readonly string[]; ended: Promise<unknown> }>
}

export function createRecipesService(options: RecipesOptions): RecipesService {
  const { store, supervisor, jobs, recorded } = options

  async function begin(asked: RecipeRun): Promise<{ jobId: string; runIds: readonly string[]; ended: Promise<unknown> }> {
    const project = store()
    const { card, arms } = await prepareArms(options, asked)
    const runs = new Map(arms.flatMap(({ key, run }) => (run ? [[key, run] as const] : [])))
    const runIds = [...runs.values()].map(({ id }) => id)
    const total = arms.reduce((sum, { lastStep }) => sum + lastStep, 0)
    const title = `${card.id}, ${asked.scale} scale, ${asked.seeds.length === 1 ? 'one seed' : `${asked.seeds.length} seeds`}`
    const { id, ended } = jobs.add({ title, kind: 'recipe', total, unit: 'steps' }, async (control) => {
      await trainArms(options, arms, {
        project,
        control,
        onRun(key, run) {
          if (!runs.has(key)) runIds.push(run.id)
          runs.set(key, run)
        },
      })
      // In the order of the arms, whichever was trained first.
      await measureClaims(options, asked, arms.map(({ key }) => runs.get(key)!))
    })
    return { jobId: id, runIds, ended }
  }

  return {
    begin,
    list: () => supervisor.analyse(({ client }) => client.catalog.recipes({})),
    parts: () => supervisor.analyse(({ client }) => client.catalog.parts({})),
    spec: (asked) => supervisor.analyse(({ client }) => client.catalog.spec({ ...asked, set: {} })),
    async check({ spec }) {
      const { complaints } = await supervisor.analyse(async ({ client }) => {
        await attachImages(client, store(), spec)
        return client.catalog.resolve({ spec })
      })
      return { complaints }
    },
    run: async (asked) => ({ jobId: (await begin(asked)).jobId }),
    verdicts: ({ recipeId }) => [...store().verdicts.list(recipeId)],
    async recorded({ recipeId }) {
      const cards = await supervisor.analyse(({ client }) => client.catalog.recipes({}))
      const { id, scales } = cardOf(cards, recipeId)
      return scales.flatMap((scale) => verdictsIn(join(recorded, `${id}.${scale.id}.json`), id))
    },
  }
}

/** The verdicts on one recipe in a recorded report; none where nothing was recorded. */
function verdictsIn(path: string, recipeId: string): Verdict[] {
  if (!existsSync(path)) return []
  const { verdicts } = unwrap(readReport(readFileSync(path, 'utf8')))
  return verdicts.filter((verdict) => verdict.recipeId === recipeId).map(({ says: _says, ...verdict }) => verdict)
}

function cardOf(cards: readonly RecipeCard[], recipeId: string): RecipeCard {
  const card = cards.find(({ id }) => id === recipeId)
  if (card) return card
  const known = cards.map(({ id }) => id).join(', ')
  throw new AppError({ code: 'RECIPE_UNKNOWN', message: `unknown recipe '${recipeId}'; known: ${known}` })
}

interface PreparedArms {
  readonly card: RecipeCard
  readonly arms: readonly PlannedArm[]
}

/** Every arm and seed, checked before the first row is written; those that start from another arm get theirs later. */
async function prepareArms(
  { store, supervisor, changes }: RecipesOptions,
  { recipeId, scale, seeds, set = {}, arms }: RecipeRun,
): Promise<PreparedArms> {
  const project = store()
  const { card, planned, madeWith } = await supervisor.analyse(async ({ client, madeWith }) => {
    const card = cardOf(await client.catalog.recipes({}), recipeId)
    const wanted = armsAmong(await client.catalog.arms({ recipeId, scale }), arms)
    const places = seeds.flatMap((seed) => wanted.map((arm) => ({ arm, seed })))
    const planned = places.map(async ({ arm, seed }) => {
      const spec = await client.catalog.spec({ recipeId, scale, arm: arm.id, seed, set: { ...set } })
      return { arm, seed, ...(await client.catalog.resolve({ spec })) }
    })
    return { card, madeWith, planned: await Promise.all(planned) }
  })
  const complaint = planned.flatMap(({ complaints }) => complaints)[0]
  if (complaint) throw new AppError({ code: 'SETTING_INVALID', message: `${complaint.path}: ${complaint.message}` })
  const keyOf = (arm: string, seed: number): string => `${arm}, seed ${seed}`
  const prepared = planned.map(({ arm: { id, title, start }, seed, spec, lastStep }): PlannedArm => {
    const recipe = { id: recipeId, arm: id, scale: scaleName(scale, set) }
    const row = { name: `${title}, seed ${seed}`, spec, lastStep, madeWith, recipe }
    if (!start) return { key: keyOf(id, seed), ...row, run: project.runs.create(row) }
    const { from, ...wish } = start
    return { key: keyOf(id, seed), ...row, from: { key: keyOf(from, seed), wish: { ...wish, threshold: fittedAccuracy, orLast: true } } }
  })
  changes.changed(...prepared.flatMap(({ run }) => run?.id ?? []))
  return { card, arms: prepared }
}

type RecipeArm = Awaited<ReturnType<Parameters<Parameters<Supervisor['analyse']>[0]>[0]['client']['catalog']['arms']>>[number]

/** The named arms, or all; one that starts from another is nothing without it. */
function armsAmong(known: readonly RecipeArm[], named: readonly string[] | undefined): readonly RecipeArm[] {
  const unknown = named?.find((arm) => !known.some(({ id }) => id === arm))
  if (unknown !== undefined) {
    const ids = known.map(({ id }) => id).join(', ')
    throw new AppError({ code: 'SETTING_INVALID', message: `unknown arm '${unknown}'; known: ${ids}` })
  }
  const wanted = known.filter(({ id }) => named?.includes(id) ?? true)
  const orphan = wanted.find(({ start }) => start && !wanted.some(({ id }) => id === start.from))
  if (!orphan) return wanted
  const message = `arm '${orphan.id}' starts from arm '${orphan.start!.from}'; name that one too`
  throw new AppError({ code: 'SETTING_INVALID', message })
}

/** Changed settings are part of the scale's name, so that a verdict never claims more than was run. */
function scaleName(scale: string, set: NonNullable<RecipeRun['set']>): string {
  const changes = Object.entries(set).map(([key, value]) => `${key}=${value}`)
  return changes.length === 0 ? scale : `${scale} with ${changes.join(', ')}`
}

async function measureClaims(
  { store, supervisor, clock, version }: RecipesOptions,
  { recipeId, scale, seeds, set = {} }: RecipeRun,
  runs: readonly Run[],
): Promise<void> {
  const project = store()
  const evidence = seeds.map((seed) => ({
    seed,
    arms: Object.fromEntries(
      runs.filter(({ spec }) => spec.seed === seed).map((run) => [run.recipe!.arm, evidenceOf(project, run)]), // made above
    ),
  }))
  const { measured, backend, madeWith } = await supervisor.train(async ({ client, backend, madeWith }) => ({
    measured: await client.claims.measure({ recipeId, evidence }),
    backend,
    madeWith,
  }))
  for (const verdict of measured) {
    project.verdicts.write({
      ...verdict,
      recipeId,
      scale: scaleName(scale, set),
      runIds: runs.map(({ id }) => id),
      backend: backend.id,
      versions: `grokscope ${version}, ${madeWith}`,
      atMs: clock.nowMs(),
    })
  }
}

type SentEvidence = Parameters<Parameters<Parameters<Supervisor['train']>[0]>[0]['client']['claims']['measure']>[0]
type SentArm = SentEvidence['evidence'][number]['arms'][string]

function evidenceOf(project: Store, run: Run): SentArm {
  const last = project.checkpoints.list(run.id).at(-1)
  const { params, buffers } = unwrap(project.checkpoints.load(run.id, last?.step ?? run.lastStep))
  const series = project.measurements.series(run.id).map(({ id, steps, values }) => [id, { steps, values }] as const)
  return { spec: run.spec, arrays: { ...params, ...buffers }, series: Object.fromEntries(series) }
}
