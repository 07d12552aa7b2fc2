/**
 * Neurons that compute a map of a position's variables by lookup.
 *
 *   on(c)        relu(2 (sum of the inputs' directions named by c - (k - 1/2)))    1 where all k names hold, else 0
 *   step(x, t)   relu(s (x - t) + 1/2) - relu(s (x - t) - 1/2)                     0 below t, 1 above, s from the distance
 *                                                                                  of the numbers on either side
 *
 * Names alone: one neuron a combination, writing the name of the result. With a number: for each combination of names one
 * neuron writes the result of the least number, and two a change of the result, gated so that they are silent elsewhere.
 * Inputs may be off by a quarter of their distance before a step or a lookup gives anything between.
 */
import type { Categorical, MapStep, Numeric } from './program'

/** Weights by direction of the residual stream. */
export type Weights = ReadonlyMap<number, number>

export interface Neuron {
  readonly reads: Weights
  readonly bias: number
  readonly writes: Weights
}

export function lookupNeurons({ inputs, fn, writes }: MapStep, offsetOf: (variable: { id: number }) => number): readonly Neuron[] {
  const names = inputs.filter((input): input is Categorical => input.kind === 'categorical')
  const number = inputs.find((input): input is Numeric => input.kind === 'numeric')
  const out = offsetOf(writes)
  return combinationsOf(names).flatMap((combination): Neuron[] => {
    const directions = names.map((name, i) => offsetOf(name) + combination[i]!)
    const on = (writing: Weights): Neuron => ({
      reads: new Map(directions.map((at) => [at, 2])),
      bias: directions.length === 0 ? 1 : 1 - 2 * directions.length,
      writes: writing,
    })
    const resultAt = (value?: number): number => out + fn(...argumentsOf(inputs, combination, value))
    if (!number) return [on(new Map([[resultAt(), 1]]))]
    const { values } = number
    const gate = { directions, at: offsetOf(number), range: values.at(-1)! - values[0]! }
    const steps = values.slice(1).flatMap((value, i) => {
      const below = values[i]!
      const [from, to] = [resultAt(below), resultAt(value)]
      return from === to ? [] : stepNeurons(gate, [below, value], new Map([[from, -1], [to, 1]]))
    })
    return [on(new Map([[resultAt(values[0]), 1]])), ...steps]
  })
}

interface Gate {
  /** Directions that must all be on. */
  readonly directions: readonly number[]
  /** Direction of the number. */
  readonly at: number
  /** How far the numbers spread. */
  readonly range: number
}

function stepNeurons({ directions, at, range }: Gate, [below, above]: readonly [number, number], writes: Weights): Neuron[] {
  const steepness = 2 / (above - below)
  const threshold = (above + below) / 2
  // Off by one name, the gate outweighs whatever the number says.
  const gate = steepness * range + 2
  const reads = new Map([...directions.map((direction): [number, number] => [direction, gate]), [at, steepness]])
  const bias = -steepness * threshold - gate * directions.length
  const negated = new Map([...writes].map(([direction, weight]) => [direction, -weight]))
  return [
    { reads, bias: bias + 0.5, writes },
    { reads, bias: bias - 0.5, writes: negated },
  ]
}

function combinationsOf(names: readonly Categorical[]): readonly (readonly number[])[] {
  return names.reduce<readonly (readonly number[])[]>(
    (combinations, { size }) => combinations.flatMap((one) => Array.from({ length: size }, (_, name) => [...one, name])),
    [[]],
  )
}

/** The combination's names and the number, in the order of the inputs. */
function argumentsOf(inputs: MapStep['inputs'], combination: readonly number[], value: number | undefined): number[] {
  let next = 0
  return inputs.map(({ kind }) => (kind === 'numeric' ? value! : combination[next++]!)) // a numeric input comes with its value
}
