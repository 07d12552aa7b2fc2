/** What the arms of a ticket experiment came to: times to the thresholds, their intervals over seeds, curves with bands. */
import { namedArray } from '../../base/array'
import { logInterval } from '../../base/log-interval'
import type { Run } from '../../contract/runs'
import type { TicketArm, TicketArmState, TicketCurve, TicketEstimate, TicketRun } from '../../contract/tickets'
import { firstReaching } from '../../lab/train/moments'
import type { PhaseSeries } from '../../lab/train/phases'
import type { Store, StoredTicketArm } from '../store/store'

type Times = Pick<TicketRun, 'tMem' | 'tGen' | 'to95' | 'to99' | 'tau' | 'trainAccuracy' | 'testAccuracy'>

export interface TicketMeasures {
  /** Every arm over its seeds. */
  arms(project: Store, arms: readonly StoredTicketArm[], threshold: number): TicketArmState[]
}

/** Remembers the times of a run as long as nothing more of it is measured. */
export function createTicketMeasures(): TicketMeasures {
  const known = new Map<string, { readonly at: string; readonly times: Times }>()

  function timesOf(project: Store, run: Run, threshold: number): Times {
    const at = `${run.state} ${run.step} ${threshold}`
    const remembered = known.get(run.id)
    if (remembered?.at === at && run.state !== 'running') return remembered.times
    const times = measure(project, run.id, threshold)
    known.set(run.id, { at, times })
    return times
  }

  return {
    arms(project, arms, threshold) {
      const runs = arms.map(({ arm, runs }) => ({ arm, runs: runs.map((stored) => ticketRun(project, stored, (run) => timesOf(project, run, threshold))) }))
      return runs.map((one) => armState(one.arm, one.runs, denseOf(one.arm, runs)))
    },
  }
}

function measure(project: Store, runId: string, threshold: number): Times {
  const series = new Map(project.measurements.series(runId, ['accuracy.train', 'accuracy.test']).map((one) => [one.id, one]))
  const of = (id: string): PhaseSeries => ({ steps: series.get(id)?.steps.data ?? [], values: series.get(id)?.values.data ?? [] })
  const [train, test] = [of('accuracy.train'), of('accuracy.test')]
  const [tMem, tGen] = [firstReaching(train, threshold), firstReaching(test, threshold)]
  const [to95, to99] = [firstReaching(test, 0.95), firstReaching(test, 0.99)]
  const last = ({ values }: PhaseSeries): number | undefined => values[values.length - 1]
  const [trainAccuracy, testAccuracy] = [last(train), last(test)]
  return {
    ...(tMem !== undefined && { tMem }),
    ...(tGen !== undefined && { tGen }),
    ...(to95 !== undefined && { to95 }),
    ...(to99 !== undefined && { to99 }),
    ...(tMem !== undefined && tMem > 0 && tGen !== undefined && { tau: tGen / tMem }),
    ...(trainAccuracy !== undefined && { trainAccuracy }),
    ...(testAccuracy !== undefined && { testAccuracy }),
  }
}

function ticketRun(project: Store, stored: StoredTicketArm['runs'][number], timesOf: (run: Run) => Times): TicketRun {
  const { seed, runId, failure } = stored
  const run = runId === undefined ? undefined : project.runs.find(runId)
  const why = run?.failure ?? failure
  if (!run) return { seed, state: failure ? 'failed' : 'waiting', step: 0, lastStep: 0, ...(why && { failure: why }) }
  return {
    seed,
    state: run.state,
    runId: run.id,
    ...(run.parent?.maskId !== undefined && { maskId: run.parent.maskId, maskStep: run.parent.step }),
    step: run.step,
    lastStep: run.lastStep,
    ...timesOf(run),
    ...(why && { failure: why }),
  }
}

/** The dense runs of the same decay, by seed. */
function denseOf(arm: TicketArm, all: readonly { readonly arm: TicketArm; readonly runs: readonly TicketRun[] }[]): ReadonlyMap<number, TicketRun> {
  const dense = all.find((other) => other.arm.kind === 'dense' && other.arm.decay === arm.decay)
  return new Map((dense?.runs ?? []).map((run) => [run.seed, run]))
}

function armState(arm: TicketArm, runs: readonly TicketRun[], dense: ReadonlyMap<number, TicketRun>): TicketArmState {
  const compared = runs.map((run): TicketRun => {
    const denseTime = dense.get(run.seed)?.tGen
    return denseTime === undefined || !run.tGen ? run : { ...run, speedUp: denseTime / run.tGen }
  })
  const over = (of: (run: TicketRun) => number | undefined): TicketEstimate => estimate(compared.map(of))
  return {
    arm,
    runs: compared,
    tMem: over(({ tMem }) => tMem),
    tGen: over(({ tGen }) => tGen),
    to95: over(({ to95 }) => to95),
    to99: over(({ to99 }) => to99),
    tau: over(({ tau }) => tau),
    speedUp: over(({ speedUp }) => speedUp),
  }
}

function estimate(values: readonly (number | undefined)[]): TicketEstimate {
  const reached = values.filter((value) => value !== undefined && value > 0) as number[] // the filter saw to it
  const interval = logInterval(reached)
  const [low, high] = interval?.ends ?? []
  return {
    ...(interval && { mean: interval.mean }),
    ...(low !== undefined && high !== undefined && { low, high }),
    count: reached.length,
    of: values.length,
  }
}

/** A series of an arm over the seeds that measured it; undefined where none did. */
export function curveOf(project: Store, { arm, runs }: StoredTicketArm, seriesId: string): TicketCurve | undefined {
  const bySteps = new Map<number, number[]>()
  for (const { runId } of runs) {
    const [series] = runId === undefined ? [] : project.measurements.series(runId, [seriesId])
    series?.steps.data.forEach((step, i) => {
      const values = bySteps.get(step) ?? []
      values.push(series.values.data[i]!)
      bySteps.set(step, values)
    })
  }
  if (bySteps.size === 0) return undefined
  const sorted = [...bySteps].sort(([x], [y]) => x - y)
  const frame = (of: (values: readonly number[]) => number) => namedArray(['step'], [sorted.length], Float32Array.from(sorted, ([, values]) => of(values)))
  return {
    armId: arm.id,
    steps: namedArray(['step'], [sorted.length], Int32Array.from(sorted, ([step]) => step)),
    mean: frame((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    low: frame((values) => Math.min(...values)),
    high: frame((values) => Math.max(...values)),
    count: namedArray(['step'], [sorted.length], Int32Array.from(sorted, ([, values]) => values.length)),
  }
}
