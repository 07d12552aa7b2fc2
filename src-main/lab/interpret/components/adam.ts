/** Adam with the usual moments (0.9, 0.999) on plain arrays in float64, for analyses that learn something small. */
export function createAdam(count: number, learningRate: number): (values: Float64Array, gradient: ArrayLike<number>) => void {
  const [first, second] = [new Float64Array(count), new Float64Array(count)]
  let step = 0
  return (values, gradient) => {
    step++
    for (let i = 0; i < count; i++) {
      const slope = gradient[i]!
      first[i] = 0.9 * first[i]! + 0.1 * slope
      second[i] = 0.999 * second[i]! + 0.001 * slope * slope
      const size = Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-12
      values[i]! -= (learningRate * (first[i]! / (1 - 0.9 ** step))) / size
    }
  }
}
