/**
 * Answers about a checkpoint are a function of its weights and the question, so those given lately are given again: to a
 * hand that goes back over the time line, to a second panel, to the inspector beside a view that asked the same. Two equal
 * questions at the same time are one. A bounded number of bytes is kept, the longest unused given up first.
 */
import { failureOf } from '../../base/result'
import type { CallContext } from '../../contract/rpc'

export interface AnswerMemory {
  /** The same method, remembered under that name. */
  remembering<A extends { readonly key: string }, R>(name: string, method: Method<A, R>): Method<A, R>
}

type Method<A, R> = (args: A, context: CallContext) => R | Promise<R>

interface Answer {
  readonly value: unknown
  readonly bytes: number
}

/** Questions with longer arguments cost more to tell apart than to answer. */
const longestQuestion = 65_536

export function createAnswerMemory(mostBytes = 64 * 2 ** 20): AnswerMemory {
  /** Insertion order is the order of use. */
  const answers = new Map<string, Answer>()
  const open = new Map<string, Promise<unknown>>()
  let bytes = 0

  function keep(question: string, value: unknown): void {
    const answer = { value, bytes: bytesOf(value) + 2 * question.length }
    if (answer.bytes > mostBytes / 4) return
    answers.set(question, answer)
    bytes += answer.bytes
    for (const [oldest, given] of answers) {
      if (bytes <= mostBytes) break
      answers.delete(oldest)
      bytes -= given.bytes
    }
  }

  return {
    remembering: (name, method) => {
      type R = Awaited<ReturnType<typeof method>>
      return async (args, context) => {
        const question = questionOf(name, args)
        if (question === undefined) return method(args, context)
        const given = answers.get(question)
        if (given) {
          answers.delete(question)
          answers.set(question, given)
          return given.value as R // what this method gave to this question
        }
        const asked = open.get(question)
        if (asked) {
          try {
            return (await asked) as R // as above
          } catch (thrown) {
            // Whoever asked first has lost interest; this one has not.
            if (failureOf(thrown).code !== 'CANCELLED' || context.signal.aborted) throw thrown
          }
        }
        const asking = (async () => method(args, context))()
        open.set(question, asking)
        try {
          const value = await asking
          keep(question, value)
          return value
        } finally {
          if (open.get(question) === asking) open.delete(question)
        }
      }
    },
  }
}

/** A service some of whose calls are remembered. */
export function remembered<S extends object>(memory: AnswerMemory, namespace: string, service: S, calls: readonly (keyof S & string)[]): S {
  const wrapped = calls.map((call) => [call, memory.remembering(`${namespace}.${call}`, service[call] as Method<AnyQuestion, unknown>)])
  return { ...service, ...(Object.fromEntries(wrapped) as Partial<S>) } // each under its own name, with its own type
}

interface AnyQuestion {
  readonly key: string
}

function questionOf(name: string, args: object): string | undefined {
  if (bytesOf(args) > longestQuestion) return undefined
  return `${name} ${JSON.stringify(args, (_, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value))}`
}

/** Of typed arrays by their length, of text by its own; the rest is small. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value === 'string') return 2 * value.length
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0)
}
