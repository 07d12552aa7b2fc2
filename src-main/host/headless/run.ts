/** `grokscope run`: trains into a project, with or without a recipe, and says what came out. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../../base/result'
import type { Job } from '../../contract/jobs'
import type { Verdict } from '../../contract/recipes'
import { RunSpec } from '../../contract/runs'
import { readReport, type ReportRun } from '../../lab/reports/report'
import { isSameTraining } from '../services/beginnings'
import { allTrainers, createHost, type Host, type HostOptions } from '../services/host'
import type { Console } from './console'
import { formatOf, type RunOptions } from './options'

export interface Surroundings {
  readonly console: Console
  readonly pdf: HostOptions['pdf'] | undefined
  /** Aborts when the person wants it to stop; work then ends with a checkpoint. */
  readonly interrupted: AbortSignal
  /** Where `--record` writes, one report a recipe and scale: resources/claims. */
  readonly claims: string | undefined
  readonly spawn?: HostOptions['spawn']
}

/** The exit code. */
export async function run(options: RunOptions, surroundings: Surroundings): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'grokscope-'))
  const project = resolve(options.project ?? join(scratch, 'run.grokscope'))
  const { pdf, spawn, console } = surroundings
  const host = await createHost({
    workspace: scratch,
    shell: 'served',
    opensProject: false,
    trainers: options.trainers ?? allTrainers(),
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(pdf && { pdf }),
    ...(spawn && { spawn }),
  })
  let isKept = options.project !== undefined
  try {
    await (existsSync(project) ? host.openProject(project) : host.createProject(project))
    const code = options.spec === undefined ? await runRecipe(host, options, surroundings) : await runSpecs(host, options, surroundings)
    if (code === interruptedCode && !isKept) {
      isKept = true
      console.say(`the runs so far are in ${project}`, { event: 'kept', project })
    }
    return code
  } finally {
    console.end()
    await host.dispose()
    if (!isKept) rmSync(scratch, { recursive: true, force: true })
  }
}

const interruptedCode = 130
const notReproducedCode = 3

async function runRecipe(host: Host, options: RunOptions, surroundings: Surroundings): Promise<number> {
  const { console } = surroundings
  const recipeId = options.recipe! // options hold a recipe or a spec
  const { scale, seeds, set, arms } = options
  const atMs = Date.now()
  const begun = await host.recipes.begin({ recipeId, scale, seeds, set, arms })
  const { backend } = host.supervisor.status()
  const where = `${begun.runIds.length} runs on ${backend?.title ?? 'an unknown backend'}`
  const started = { event: 'started', recipe: recipeId, scale, seeds, runIds: begun.runIds, backend: backend?.id }
  console.say(`${recipeId}, ${scale} scale: ${where}`, started)
  const job = await followed(host, begun, surroundings)
  if (surroundings.interrupted.aborted) return interruptedCode
  failIfFailed(job)
  sayRuns(host, begun.runIds, console)
  const verdicts = host.store().verdicts.list(recipeId).filter((verdict) => verdict.atMs >= atMs)
  const measured = verdicts.filter(({ verdict }) => verdict !== 'not run')
  for (const verdict of [...measured].reverse()) console.say(verdictLine(verdict), { event: 'verdict', ...verdict })
  await writeOut(host, { title: `${recipeId}, ${scale} scale`, options, surroundings })
  return measured.some(({ verdict }) => verdict === 'not reproduced') ? notReproducedCode : 0
}

async function runSpecs(host: Host, options: RunOptions, surroundings: Surroundings): Promise<number> {
  const { console } = surroundings
  const planned = withParents(readSpecs(options.spec!)) // options hold a recipe or a spec
  const { signal } = new AbortController()
  const runIds: string[] = []
  for (const { name, spec } of planned) {
    const begun = await host.services.runs.start({ name, spec }, { signal })
    console.say(`${name}: training`, { event: 'started', runId: begun.runId })
    const job = await followed(host, { jobId: begun.jobId }, surroundings)
    if (surroundings.interrupted.aborted) return interruptedCode
    failIfFailed(job)
    runIds.push(begun.runId)
  }
  sayRuns(host, runIds, console)
  const differing = planned.filter((plan, i) => !isSame(host, plan, { runId: runIds[i]!, console }))
  await writeOut(host, { title: basename(options.spec!), options, surroundings })
  return differing.length === 0 ? 0 : notReproducedCode
}

interface Planned {
  readonly name: string
  readonly spec: RunSpec
  /** What has to come out, when the specification is from a report. */
  readonly recorded?: ReportRun
}

/** One specification, or the runs of a report. */
function readSpecs(file: string): readonly Planned[] {
  const text = readText(file)
  const report = readReport(text)
  if (report.ok) return report.value.runs.map((recorded) => ({ name: recorded.name, spec: recorded.spec, recorded }))
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new AppError({ code: 'FILE_UNREADABLE', message: `'${file}' is not JSON; expected a specification or a report` })
  }
  const spec = RunSpec.safeParse(parsed)
  if (spec.success) return [{ name: basename(file).replace(/\.[^.]+$/, ''), spec: spec.data }]
  const [issue] = spec.error.issues
  const message = `'${file}' is no specification; ${issue?.path.join('.')}: ${issue?.message}`
  throw new AppError({ code: 'FILE_UNREADABLE', message })
}

/** Runs that start from others come after those, which are trained too where the file has only what came of them. */
function withParents(planned: readonly Planned[]): readonly Planned[] {
  const parents = planned.filter(({ spec }) => !spec.start)
  for (const { name, spec } of planned) {
    const { start } = spec
    if (!start || parents.some((plan) => isSameTraining(plan.spec, start.parent))) continue
    // Its last checkpoint is where the mask is taken; those before it are its own schedule's.
    const schedule = { ...start.parent.schedule, steps: Math.max(start.step, start.rewindStep), stopWhen: 'never' }
    parents.push({ name: `${name}, where it starts`, spec: { ...start.parent, schedule } })
  }
  return [...parents, ...planned.filter(({ spec }) => spec.start)]
}

export function readText(file: string): string {
  if (!existsSync(file)) throw new AppError({ code: 'FILE_UNREADABLE', message: `no file '${file}'` })
  return readFileSync(file, 'utf8')
}

/** Whether the run ended with the weights its report recorded; true when nothing was recorded. */
function isSame(host: Host, { name, recorded }: Planned, { runId, console }: { runId: string; console: Console }): boolean {
  const made = new Map(host.store().checkpoints.list(runId).map(({ step, hash }) => [step, hash]))
  const differing = (recorded?.checkpoints ?? []).filter(({ step, hash }) => made.get(step) !== hash)
  const [first] = differing
  if (!recorded) return true
  const words = first ? `differs from the report at step ${first.step}` : 'equals the report, checkpoint by checkpoint'
  console.say(`${name}: ${words}`, { event: 'compared', runId, equal: !first, steps: differing.map(({ step }) => step) })
  return !first
}

/** Follows a job to its end, showing progress; an interrupt cancels it, and its runs are checkpointed. */
async function followed(
  host: Host,
  { jobId, ended }: { readonly jobId: string; readonly ended?: Promise<unknown> },
  { console, interrupted }: Surroundings,
): Promise<Job> {
  const find = (): Job | undefined => host.jobs.list().find(({ id }) => id === jobId)
  const cancel = (): void => {
    console.say('stopping after this step', { event: 'stopping' })
    host.jobs.cancel(jobId)
  }
  let resolveEnd: (job: Job) => void = () => {}
  const end = new Promise<Job>((resolve) => {
    resolveEnd = resolve
  })
  const listening = host.jobs.onChange(() => {
    const job = find()
    if (!job) return
    if (job.state === 'running') console.progress(job)
    if (job.state === 'finished' || job.state === 'failed' || job.state === 'cancelled') resolveEnd(job)
  })
  interrupted.addEventListener('abort', cancel, { once: true })
  if (interrupted.aborted) cancel()
  try {
    return await Promise.race([end, ...(ended ? [ended.then(() => find() ?? end)] : [])])
  } finally {
    listening.dispose()
    interrupted.removeEventListener('abort', cancel)
    console.end()
  }
}

function failIfFailed({ state, failure, title }: Job): void {
  if (state === 'finished') return
  throw new AppError(failure ?? { code: 'CANCELLED', message: `${title} was cancelled` })
}

function sayRuns(host: Host, runIds: readonly string[], console: Console): void {
  for (const runId of runIds) {
    const run = host.store().runs.find(runId)!
    const values = host.store().checkpoints.list(runId).at(-1)?.values ?? {}
    const accuracies = ['train', 'trainCorrupted', 'test']
      .flatMap((part) => (values[`accuracy.${part}`] === undefined ? [] : `${part} ${percent(values[`accuracy.${part}`]!)}`))
      .join(', ')
    console.say(`${run.name}: step ${run.step}; accuracy ${accuracies}`, { event: 'run', runId, name: run.name, step: run.step, values })
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function verdictLine({ claimId, verdict, values, expect: [low, high] }: Verdict): string {
  const shown = values.map(({ value }) => value.toPrecision(3)).join(', ')
  const range = high >= 1e308 ? `${low} or more` : low <= -1e308 ? `at most ${high}` : `${low} to ${high}`
  return `${verdict.padEnd(14)} ${claimId}: ${shown} (expected ${range})`
}

interface Writing {
  readonly title: string
  readonly options: RunOptions
  readonly surroundings: Surroundings
}

async function writeOut(host: Host, { title, options, surroundings }: Writing): Promise<void> {
  const { out, recipe, isRecorded } = options
  const { console, claims } = surroundings
  const format = out === undefined ? undefined : formatOf(out)
  const { signal } = new AbortController()
  if (out !== undefined && format) {
    const { bytes } = await host.reports.export({ format, title }, { signal })
    mkdirSync(dirname(resolve(out)), { recursive: true })
    writeFileSync(out, bytes)
    console.say(`wrote ${out}`, { event: 'wrote', file: out })
  } else if (options.project !== undefined) console.say(`wrote ${options.project}`, { event: 'wrote', file: options.project })
  if (!isRecorded || recipe === undefined) return
  if (claims === undefined) throw new AppError({ code: 'FILE_UNREADABLE', message: 'there is no resources folder to record into' })
  mkdirSync(claims, { recursive: true })
  const { bytes } = await host.reports.export({ format: 'json', title }, { signal })
  writeFileSync(join(claims, `${recipe}.${options.scale}.json`), bytes)
  console.say(`recorded ${recipe} at ${options.scale} scale`, { event: 'recorded', recipe, scale: options.scale })
}
