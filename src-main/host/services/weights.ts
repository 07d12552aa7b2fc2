import type { ServiceOf } from '../../contract/rpc'
import type { weights as namespace } from '../../contract/weights'
import type { Ask } from './asking'

export function createWeightsService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    heads: (at, { signal }) => ask(at, (client, key) => client.weights.heads({ key }, { signal })),
    circuit: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.weights.circuit({ key, ...args }, { signal })),
    composition: ({ runId, step, kind }, { signal }) =>
      ask({ runId, step }, (client, key) => client.weights.composition({ key, kind }, { signal })),
    spectrum: (at, { signal }) => ask(at, (client, key) => client.weights.spectrum({ key }, { signal })),
  }
}
