import type { residues as namespace } from '../../contract/residues'
import type { ServiceOf } from '../../contract/rpc'
import type { Ask } from './asking'

export function createResiduesService(ask: Ask): ServiceOf<typeof namespace> {
  return {
    progress: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.residues.progress({ key, ...args }, { signal })),
    geometry: (at, { signal }) => ask(at, (client, key) => client.residues.geometry({ key }, { signal })),
    directions: ({ runId, step, ...args }, { signal }) =>
      ask({ runId, step }, (client, key) => client.residues.directions({ key, ...args }, { signal })),
  }
}
