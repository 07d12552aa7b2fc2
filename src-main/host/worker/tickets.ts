import { unwrap } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import { startingState } from '../../lab/recipes/components/starting-state'
import { resolveSetup, type Registries } from '../../lab/recipes/resolve-setup'
import type { computeContract } from '../compute/contract'

export function createTickets(registries: Registries): ServiceOf<typeof computeContract.tickets> {
  return {
    begin({ spec, ...parent }) {
      const { state, mask, ...said } = unwrap(startingState(spec, unwrap(resolveSetup(spec, registries)), parent))
      return { state: { ...state, params: { ...state.params }, buffers: { ...state.buffers }, slots: {} }, mask: { ...mask }, ...said }
    },
  }
}
