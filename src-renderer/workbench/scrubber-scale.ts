import { linearTicks, type Scale } from '../base/scales'

/** Pixels kept free at either end, so that the first and last checkpoint can be grabbed. */
export const scrubberInset = 10

/** Steps to pixels. The logarithmic form maps step + 1, because runs begin at step 0. */
export function stepScale(lastStep: number, width: number, isLog: boolean): Scale {
  const span = width - 2 * scrubberInset
  const position = isLog
    ? (step: number): number => scrubberInset + (Math.log1p(step) / Math.log1p(lastStep)) * span
    : (step: number): number => scrubberInset + (step / lastStep) * span
  const valueAt = (x: number): number => {
    const share = Math.min(1, Math.max(0, (x - scrubberInset) / span))
    return isLog ? Math.expm1(share * Math.log1p(lastStep)) : share * lastStep
  }
  return { position, valueAt }
}

/** Round steps whose labels do not touch; steps are whole. */
export function scrubberTicks(lastStep: number, width: number, isLog: boolean): readonly number[] {
  if (!isLog) return linearTicks(0, lastStep, Math.max(2, Math.floor(width / 110))).filter(Number.isInteger)
  const ticks = [0]
  for (let power = 1; power <= lastStep; power *= 10) ticks.push(power)
  return ticks
}
