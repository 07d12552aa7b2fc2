import { AppError } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import type { tickets as namespace } from '../../contract/tickets'

export function createTicketsService(): ServiceOf<typeof namespace> {
  const refuse = (): never => {
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message: 'this program cannot train tickets yet' })
  }
  const unknown = ({ experimentId }: { experimentId: string }): never => {
    throw new AppError({ code: 'EXPERIMENT_NOT_FOUND', message: `no experiment '${experimentId}' in this project; it has none` })
  }
  return { plan: refuse, start: refuse, resume: unknown, list: () => [], follow: unknown, curves: unknown, remove: unknown }
}
