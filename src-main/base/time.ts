/** Where time comes from; passed in, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970, for records. */
  nowMs(): number
  /** Monotonic milliseconds, for durations. */
  tickMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  tickMs: () => performance.now(),
}
