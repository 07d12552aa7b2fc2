import type { attention as namespace } from '../../contract/attention'
import type { ServiceOf } from '../../contract/rpc'
import type { Ask } from './asking'

export function createAttentionService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    patterns: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.attention.patterns({ key, ...args }, { signal })),
    head: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.attention.head({ key, ...args }, { signal })),
    scores: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.attention.scores({ key, ...args }, { signal })),
  }
}
