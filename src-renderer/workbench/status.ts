import type { Status } from '@contract/system'
import { defineStore } from 'pinia'
import { protocolVersion } from '@contract/words'
import { shallowRef, watch } from 'vue'
import { useClient } from '../client/use-client'
import { useQuery } from '../client/use-query'
import { useStream } from '../client/use-stream'

export interface Shell {
  readonly version: string
  readonly shell: 'electron' | 'served'
  readonly abilities: { readonly dialogs: boolean; readonly pdf: boolean }
}

/** What the main process says of itself: the backend and why, memory, the last failure, what the shell can do. */
export const useStatus = defineStore('status', () => {
  const current = shallowRef<Status>()
  const shell = shallowRef<Shell>()
  /** Failures up to this time were seen and dismissed. */
  const seenMs = shallowRef(0)
  return { current, shell, seenMs }
})

export function useStatusFeed(): void {
  const client = useClient()
  const store = useStatus()
  const hello = useQuery(client.system.hello, () => ({ protocol: protocolVersion }))
  watch(hello.data, (shell) => (store.shell = shell))
  useStream(client.system.status, () => ({}), (status) => void (store.current = status))
}
