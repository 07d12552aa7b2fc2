/**
 * A claim is a statement of a paper turned into a number and a range. `measure` sees, per seed, the trained arms of the
 * recipe; the verdict over several seeds is
 *
 *   reproduced       every seed's value lies in `expect`
 *   partly           some do
 *   not reproduced   none does
 *
 * A claim must fail on an untrained network: the recipe suite measures every claim on step-0 weights and requires that
 * no value lies in the range.
 */
import type { Network } from '../models/network'
import type { RunSpec } from '../train/run-spec'
import type { Dataset } from '../tasks/task'

/** One measured series of a run. */
export interface MeasuredSeries {
  readonly steps: ArrayLike<number>
  readonly values: ArrayLike<number>
}

/** One arm of a recipe, trained with one seed. */
export interface ArmEvidence {
  readonly spec: RunSpec
  readonly dataset: Dataset
  /** The network at the last step. */
  readonly final: Network
  /** Series by id: `accuracy.test`. */
  readonly series: Readonly<Record<string, MeasuredSeries>>
}

export interface Evidence {
  readonly seed: number
  /** By arm id; holds at least the arms the claim needs. */
  readonly arms: Readonly<Record<string, ArmEvidence>>
}

/** An arm that the claim lists in its needs. */
export const arm = (evidence: Evidence, id: string): ArmEvidence => evidence.arms[id]!

export interface Claim {
  readonly id: string
  /** The statement in own words, present tense. */
  readonly says: string
  /** Section or figure. */
  readonly where: string
  /** What the number is, with its unit. */
  readonly measures: string
  /** Ids of the arms it looks at. */
  readonly needs: readonly string[]
  /** Closed range; an open end is Infinity or -Infinity. */
  readonly expect: readonly [number, number]
  measure(evidence: Evidence): number
}

export type VerdictWord = 'reproduced' | 'partly' | 'not reproduced' | 'not run'

export function holds(claim: Claim, value: number): boolean {
  return value >= claim.expect[0] && value <= claim.expect[1]
}

/** Where JSON has no infinity. */
const openEnd = 1e308

/** The range as it is sent and recorded, an open end as ±1e308. */
export function statedRange({ expect: [low, high] }: Claim): [number, number] {
  return [Math.max(low, -openEnd), Math.min(high, openEnd)]
}

/** The verdict over one value per seed. */
export function judge(claim: Claim, values: readonly number[]): VerdictWord {
  if (values.length === 0) return 'not run'
  const held = values.filter((value) => holds(claim, value)).length
  if (held === values.length) return 'reproduced'
  return held > 0 ? 'partly' : 'not reproduced'
}
