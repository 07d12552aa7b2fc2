/**
 * A positive quantity over a few repetitions: geometric mean and the 95 % interval of Student's t over the logarithms.
 *
 *   exp( m -+ t_{0.975, n-1} s / sqrt(n) ),   m and s mean and standard deviation (n - 1) of the logs
 *
 * Ratios and times to an event are skewed and cannot be negative, which their logs mend. With two or three repetitions
 * the interval is wide, as it has to be: t_{0.975, 1} = 12.7, t_{0.975, 2} = 4.3.
 */
import { assert } from './assert'

export interface LogInterval {
  readonly mean: number
  /** Absent for a single value. */
  readonly ends?: readonly [low: number, high: number]
}

/** t_{0.975} by degrees of freedom, from 1. */
const quantiles = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814,
  2.20099, 2.17881, 2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596,
] as const

/** Undefined without a value. At most 21 values, all positive. */
export function logInterval(values: readonly number[]): LogInterval | undefined {
  const count = values.length
  if (count === 0) return undefined
  assert(values.every((value) => value > 0), `an interval over logarithms needs positive values, got ${values.join(', ')}`)
  const logs = values.map(Math.log)
  const mean = logs.reduce((sum, log) => sum + log, 0) / count
  if (count === 1) return { mean: Math.exp(mean) }
  const quantile = quantiles[count - 2]
  assert(quantile !== undefined, `an interval is over at most ${quantiles.length + 1} values, got ${count}`)
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (count - 1)
  const reach = quantile * Math.sqrt(variance / count)
  return { mean: Math.exp(mean), ends: [Math.exp(mean - reach), Math.exp(mean + reach)] }
}
