import type { patching as namespace } from '../../contract/patching'
import type { ServiceOf } from '../../contract/rpc'
import type { Ask } from './asking'

export function createPatchingService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    pairs: ({ runId, step, source }, { signal }) =>
      ask({ runId, step }, (client, key) => client.patching.pairs({ key, source }, { signal })),
    sweep: ({ runId, step, ...terms }, { emit, signal }) =>
      ask({ runId, step }, (client, key) => client.patching.sweep({ key, ...terms }, (sweep) => void emit(sweep), { signal })),
    sites: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.patching.sites({ key, ...terms }, { signal })),
    path: ({ runId, step, ...terms }, { emit, signal }) =>
      ask({ runId, step }, (client, key) => client.patching.path({ key, ...terms }, (sweep) => void emit(sweep), { signal })),
    pattern: ({ runId, step, ...terms }, { signal }) =>
      ask({ runId, step }, (client, key) => client.patching.pattern({ key, ...terms }, { signal })),
  }
}
