/** Jobs: long work with progress, held in the status bar; a job may be paused, continued and cancelled. */
import { z } from 'zod'
import { call, stream } from './rpc'

export const JobId = z.string().min(1).max(64)

export const Job = z.object({
  id: JobId,
  /** What a person would call it: `Training no weight decay, seed 1`. */
  title: z.string(),
  kind: z.enum(['train', 'recipe', 'analysis', 'import', 'export']),
  state: z.enum(['queued', 'running', 'paused', 'finished', 'cancelled', 'failed']),
  runId: z.string().optional(),
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  /** Units per second over the last seconds; 0 until measured. */
  rate: z.number(),
  elapsedMs: z.number(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
})
export type Job = z.infer<typeof Job>

export const jobs = {
  list: call(z.object({}), z.array(Job)),
  pause: call(z.object({ jobId: JobId }), Job),
  continue: call(z.object({ jobId: JobId }), Job),
  /** Stops at the end of the current step; a training job writes a checkpoint first. */
  cancel: call(z.object({ jobId: JobId }), Job),
  /** All live jobs and those ended in the last minute, now and after each change, at most ten times a second. */
  follow: stream(z.object({}), z.array(Job), 'latest'),
} as const
