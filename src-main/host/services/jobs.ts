import { unwrap } from '../../base/result'
import type { jobs as namespace } from '../../contract/jobs'
import type { ServiceOf } from '../../contract/rpc'
import type { Jobs } from '../compute/job'
import { createThrottle, untilLeft } from './following'

const followEveryMs = 100

export function createJobsService(jobs: Jobs): ServiceOf<typeof namespace> {
  return {
    list: () => [...jobs.list()],
    pause: ({ jobId }) => unwrap(jobs.pause(jobId)),
    continue: ({ jobId }) => unwrap(jobs.continue(jobId)),
    cancel: ({ jobId }) => unwrap(jobs.cancel(jobId)),
    async follow(_args, ctx) {
      const send = (): void => void ctx.emit([...jobs.list()])
      const throttle = createThrottle(followEveryMs, send)
      send()
      await untilLeft(ctx, jobs.onChange(throttle.request), throttle)
    },
  }
}
