import type { Client } from '@contract/index'
import { inject, ref, type App, type InjectionKey, type Ref } from 'vue'

export interface ClientContext {
  readonly client: Client
  /** Changes when the client has a new connection; whatever is still wanted is then asked for again. */
  readonly generation: Readonly<Ref<number>>
}

const contextKey: InjectionKey<ClientContext> = Symbol('client')

export function provideClient(app: App, client: Client, generation: Readonly<Ref<number>> = ref(1)): void {
  app.provide(contextKey, { client, generation })
}

export function useClientContext(): ClientContext {
  const context = inject(contextKey)
  if (!context) throw new Error('invariant broken: no client provided above this component')
  return context
}

/** The typed client of this window. */
export function useClient(): Client {
  return useClientContext().client
}
