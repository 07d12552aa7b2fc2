/**
 * Expected failure as a value. A function that can fail for a reason its caller should answer (user input, a file,
 * a missing checkpoint, a cancelled job) returns a Result; a broken invariant throws through `assert` instead.
 */

export interface Failure<Code extends string = string> {
  /** UPPER_SNAKE, listed in contract/errors.ts, with a page in resources/docs/errors. */
  readonly code: Code
  /** Observed condition, the value quoted, what would work; lower case, one clause. */
  readonly message: string
  /** Plain data for the error page; never a stack or a path the reader did not give. */
  readonly detail?: Readonly<Record<string, unknown>>
}

export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Failure<Code> }

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

export function err<Code extends string>(
  code: Code,
  message: string,
  detail?: Readonly<Record<string, unknown>>,
): Result<never, Code> {
  return { ok: false, error: detail ? { code, message, detail } : { code, message } }
}

/** The value, or a thrown AppError carrying the failure. For callers that cannot go on and have a catcher above. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new AppError(result.error)
}

/** A Failure in flight: thrown where a Result cannot be returned, rebuilt on the receiving side of the wire. */
export class AppError extends Error {
  readonly code: string
  readonly detail: Readonly<Record<string, unknown>> | undefined

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.name = 'AppError'
    this.code = failure.code
    this.detail = failure.detail
  }

  get failure(): Failure {
    return this.detail
      ? { code: this.code, message: this.message, detail: this.detail }
      : { code: this.code, message: this.message }
  }
}

/** Any thrown value as a Failure; an unknown one becomes INTERNAL and keeps its message. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof AppError) return thrown.failure
  return { code: 'INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) }
}
