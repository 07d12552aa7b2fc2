/** Whether brackets are balanced, as plain code and as variables of a program. */
import { fractionsUpTo, type Categorical, type Numeric, type Rasp } from './program'

export function isBalanced(tokens: readonly number[], opening: number, closing: number): boolean {
  let depth = 0
  for (const token of tokens) {
    depth += token === opening ? 1 : token === closing ? -1 : 0
    if (depth < 0) return false
  }
  return depth === 0
}

/** Whether the depth is zero here, and the share of positions so far at which it was below. */
export function bracketVariables(
  { tokens, average, map }: Rasp,
  length: number,
  [opening, closing]: readonly [number, number],
): { readonly isZero: Categorical; readonly isEverBelow: Numeric } {
  const as = (token: number): number => (token === opening ? 1 : token === closing ? -1 : 0)
  const meanDepth = average({}, tokens, { as, values: fractionsUpTo(length, -1) })
  const isZero = map([meanDepth], 2, (depth) => (depth === 0 ? 1 : 0))
  const isBelow = map([meanDepth], 2, (depth) => (depth! < 0 ? 1 : 0))
  return { isZero, isEverBelow: average({}, isBelow, { as: (value) => value, values: fractionsUpTo(length) }) }
}
