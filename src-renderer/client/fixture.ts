/**
 * A client that answers from fixtures: for tests and the gallery, never part of the application.
 * Answers are handlers of the contract, as a service would implement them; what has none is never answered, so that
 * an empty record is the loading state. Arguments and answers are cloned, as a transport would.
 */
import { clientOver, type Caller } from '@contract/client'
import type { Client, Services } from '@contract/index'

export type Answers = { readonly [N in keyof Services]?: Partial<Services[N]> }

type AnyHandler = (args: unknown, ctx: { signal: AbortSignal; emit: (event: unknown) => Promise<void> }) => unknown

export function createFixtureClient(answers: Answers): Client {
  const handlerOf = (method: string): AnyHandler | undefined => {
    const [namespace, verb] = method.split('.') as [keyof Services, string]
    return (answers[namespace] as Record<string, AnyHandler> | undefined)?.[verb]
  }
  const never = new AbortController().signal
  const caller: Caller = {
    async call(method, args, { signal = never } = {}) {
      const handler = handlerOf(method)
      if (!handler) return new Promise(() => undefined)
      return structuredClone(await handler(structuredClone(args), { signal, emit: () => Promise.resolve() }))
    },
    async stream(method, args, onEvent, { signal = never } = {}) {
      const handler = handlerOf(method)
      if (!handler) return new Promise(() => undefined)
      const emit = (event: unknown): Promise<void> => {
        if (!signal.aborted) onEvent(structuredClone(event))
        return Promise.resolve()
      }
      await handler(structuredClone(args), { signal, emit })
    },
  }
  return clientOver(caller)
}
