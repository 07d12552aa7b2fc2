/** The pictures of an experiment as what the charts take. */
import type { MaskPicture } from '@contract/masks'
import type { TicketArm, TicketArmState, TicketCurve, TicketExperiment } from '@contract/tickets'
import { formatNumber } from '../../base/format'
import type { Meaning } from '../../charts/chart-theme'
import type { IntervalBar } from '../../charts/interval-bars'
import type { Band, LineSeries } from '../../charts/line-chart'
import { countText, momentTitle } from './ticket-words'

const armColours: readonly Meaning[] = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5', 'run-6']
const dashes = ['solid', 'dashed', 'dotted'] as const

export interface ArmLook {
  readonly colour: Meaning
  readonly dash: (typeof dashes)[number]
}

/** The same in every picture: colours repeat after six arms, then with another dash. */
export function armLook(place: number): ArmLook {
  return { colour: armColours[place % armColours.length]!, dash: dashes[Math.floor(place / armColours.length) % dashes.length]! }
}

const placeOf = (arms: readonly TicketArmState[], armId: string): number => arms.findIndex(({ arm }) => arm.id === armId)

/** One line an arm with its band over seeds; arms that have measured nothing are left out. */
export function curveLines(curves: readonly TicketCurve[], arms: readonly TicketArmState[]): readonly LineSeries[] {
  return curves.flatMap(({ armId, steps, mean, low, high, count }) => {
    const place = placeOf(arms, armId)
    if (place < 0 || steps.data.length === 0) return []
    const isBand = count.data.some((seeds) => seeds > 1)
    return [{ title: arms[place]!.arm.title, x: steps.data, y: mean.data, ...armLook(place), ...(isBand && { low: low.data, high: high.data }) }]
  })
}

export const measures = ['tau', 'tGen', 'to99', 'speedUp'] as const
export type Measure = (typeof measures)[number]
export const measureTitles: Readonly<Record<Measure, string>> = {
  tau: 'τ = t_gen / t_mem',
  tGen: 't_gen, steps to the threshold',
  to99: 'steps to 99 %',
  speedUp: 'speed-up over dense',
}

export function measureBars(arms: readonly TicketArmState[], measure: Measure): readonly IntervalBar[] {
  return arms.map((state, place) => {
    const { mean, low, high } = state[measure]
    const { id, title } = state.arm
    return { id, title, value: mean, low, high, colour: armLook(place).colour, note: countText(state[measure]) }
  })
}

/** The arms of one seed that trained under a mask of their own, each mask once. */
export function maskedArms(arms: readonly TicketArmState[], seed: number | undefined) {
  const seen = new Set<string>()
  return arms.flatMap(({ arm, runs }) => {
    const maskId = runs.find((run) => run.seed === seed)?.maskId
    if (arm.start?.use !== 'mask' || maskId === undefined || seen.has(maskId)) return []
    seen.add(maskId)
    return [{ armId: arm.id, title: arm.title, short: shortTitle(arm.start), maskId }]
  })
}

/** What tells the masks of an experiment apart, in few letters: the moment of a magnitude mask, the score of others. */
function shortTitle({ score, at, sparsity }: NonNullable<TicketArm['start']>): string {
  const what = score === 'magnitude' ? momentTitle(at) : score
  return `${what} ${formatNumber(100 * sparsity, 3)}`
}

/** From step 0: what one run of an arm went through, for its row of the table. */
export function phasesOf({ tMem, tGen, step }: { readonly tMem?: number | undefined; readonly tGen?: number | undefined; readonly step: number }): readonly Band[] {
  const end = Math.max(1, step)
  const marks = [0, Math.min(tMem ?? end, end), Math.min(tGen ?? end, end), end] as const
  const names = ['fitting', 'memorized', 'generalized'] as const
  const colours = ['random', 'corrupted', 'clean'] as const
  return names.flatMap((title, i) =>
    marks[i + 1]! > marks[i]! ? [{ title, from: marks[i]! / end, to: marks[i + 1]! / end, colour: colours[i]! }] : [])
}

export interface DrawnWeights {
  readonly matrix: { readonly axes: readonly string[]; readonly shape: readonly number[]; readonly data: Float32Array }
  /** Longer side across. */
  readonly orientation: 'rows' | 'xy'
  /** Axis that is sorted by frequency. */
  readonly sorted: string | undefined
}

/**
 * Weights that are kept, the others left blank. Where one axis is that of the units whose frequency is known, it is sorted
 * by frequency, so that units of one harmonic stand together.
 */
export function drawnWeights({ weights, kept }: MaskPicture, freq: ArrayLike<number> | undefined): DrawnWeights {
  const [rows, columns] = weights.shape as [number, number]
  const units = freq?.length
  const order = (length: number): Int32Array => {
    const places = Int32Array.from({ length }, (_, i) => i)
    return units === length ? places.sort((i, j) => freq![i]! - freq![j]! || i - j) : places
  }
  const sortsColumns = units === columns
  const sortsRows = !sortsColumns && units === rows
  const across = sortsColumns ? order(columns) : Int32Array.from({ length: columns }, (_, i) => i)
  const down = sortsRows ? order(rows) : Int32Array.from({ length: rows }, (_, i) => i)
  const data = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = down[row]! * columns + across[column]!
      data[row * columns + column] = kept.data[from] === 0 ? NaN : weights.data[from]!
    }
  }
  return {
    matrix: { axes: weights.axes, shape: [rows, columns], data },
    orientation: rows > columns ? 'xy' : 'rows',
    sorted: sortsColumns ? weights.axes[1] : sortsRows ? weights.axes[0] : undefined,
  }
}

/** How an experiment was set up, as a report repeats it. */
export function planText({ plan, arms }: TicketExperiment): string {
  const trained = arms.reduce((sum, { runs }) => sum + runs.filter(({ state }) => state === 'finished').length, 0)
  return `${arms.length} arms over seeds ${plan.seeds.join(', ')}; ${trained} trainings finished; threshold ${plan.threshold}; rewound to step ${plan.rewindStep}; given up after ${plan.steps} steps`
}
