/** Tick positions and value-to-position maps for axes drawn without a chart library. */

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them, all inside [low, high]. */
export function linearTicks(low: number, high: number, count = 5): readonly number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999)!
  const ticks: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    // Rounded to the step's own decimals, so that 3 × 0.1 reads 0.3.
    ticks.push(Number((i * step).toPrecision(12)))
  }
  return ticks
}

/** Powers of ten inside [low, high]; with less than two of them also their doubles and fives. */
export function logTicks(low: number, high: number): readonly number[] {
  if (!(low > 0) || !(high > low)) return low > 0 ? [low] : []
  const powers: number[] = []
  const between: number[] = []
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** exponent).toPrecision(12))
      if (tick < low * 0.999999 || tick > high * 1.000001) continue
      between.push(tick)
      if (factor === 1) powers.push(tick)
    }
  }
  return powers.length >= 2 ? powers : between
}

/** Every `stride`th index of an axis with `length` cells such that labels of `labelSize` do not touch. */
export function indexTicks(length: number, axisSize: number, labelSize: number): readonly number[] {
  const most = Math.max(1, Math.floor(axisSize / labelSize))
  const stride = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000].find(
    (n) => length / n <= most,
  )
  const ticks: number[] = []
  for (let i = 0; i < length; i += stride ?? length) ticks.push(i)
  return ticks
}

export interface Scale {
  /** Position of a value; NaN for what the scale cannot show. */
  position(value: number): number
  valueAt(position: number): number
}

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const slope = (range[1] - range[0]) / (domain[1] - domain[0] || 1)
  return {
    position: (value) => range[0] + (value - domain[0]) * slope,
    valueAt: (position) => domain[0] + (position - range[0]) / slope,
  }
}

export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const inner = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range)
  return {
    position: (value) => (value > 0 ? inner.position(Math.log10(value)) : NaN),
    valueAt: (position) => 10 ** inner.valueAt(position),
  }
}
