import type { lens as namespace } from '../../contract/lens'
import type { ServiceOf } from '../../contract/rpc'
import type { Ask } from './asking'

export function createLensService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    table: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.lens.table({ key, ...args }, { signal })),
    profile: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.lens.profile({ key, ...args }, { signal })),
    attribution: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.lens.attribution({ key, ...args }, { signal })),
    decomposition: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.lens.decomposition({ key, ...args }, { signal })),
  }
}
