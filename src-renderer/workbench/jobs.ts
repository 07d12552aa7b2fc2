import type { Job } from '@contract/jobs'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useClient } from '../client/use-client'
import { useStream } from '../client/use-stream'

export const liveStates: readonly Job['state'][] = ['running', 'paused', 'queued']

/** Live jobs and those ended in the last minute. */
export const useJobs = defineStore('jobs', () => {
  const all = shallowRef<readonly Job[]>([])
  return {
    all,
    live: computed(() => all.value.filter(({ state }) => liveStates.includes(state))),
    ended: computed(() => all.value.filter(({ state }) => !liveStates.includes(state))),
  }
})

export function useJobsFeed(): void {
  const client = useClient()
  const store = useJobs()
  useStream(client.jobs.follow, () => ({}), (jobs) => void (store.all = jobs))
}

/** Seconds until the job ends at its present rate; undefined when that cannot be said. */
export function secondsLeft({ state, done, total, rate }: Job): number | undefined {
  return state === 'running' && rate > 0 && total >= done ? (total - done) / rate : undefined
}
