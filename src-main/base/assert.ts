/** Throws when an invariant of this program does not hold. Never for input from outside: that is a Result. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}

/** Marks a branch the types exclude; reaching it means data got past validation. */
export function unreachable(value: never): never {
  throw new Error(`invariant broken: unexpected value ${JSON.stringify(value)}`)
}
