import { adamSteps, type AdamSettings } from '../../../engine/ops/adam-step'
import type { OptimizerOutcome, OptimizerStep } from '../optimizer'

/** One step of every parameter with Adam's moving averages in slots m and v. */
export function momentSteps(all: readonly OptimizerStep[], settings: AdamSettings): readonly OptimizerOutcome[] {
  const parts = all.map(({ param, grad, slots }) => ({ param, grad, m: slots['m']!, v: slots['v']! }))
  return adamSteps(parts, settings, all[0]?.step ?? 1).map(({ param, m, v }) => ({ param, slots: { m, v } }))
}
