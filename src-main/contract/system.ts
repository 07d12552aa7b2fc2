/** The program itself: version, backend, memory, what is missing and what that costs, help pages. */
import { z } from 'zod'
import { call, stream } from './rpc'
import { protocolVersion } from './words'

export { protocolVersion }

export const Finding = z.object({
  /** `Electron`, `tfjs-node-gpu`, `SQLite`, `Chromium`, … */
  subject: z.string(),
  state: z.enum(['present', 'missing', 'broken', 'not needed']),
  found: z.string(),
  /** What its absence costs, and how to get it. */
  cost: z.string(),
  remedy: z.string(),
})
export type Finding = z.infer<typeof Finding>

export const BackendState = z.object({
  /** cuda, node, wasm, cpu, native. */
  id: z.string(),
  title: z.string(),
  /** Why this one and not a faster one. */
  reason: z.string(),
})
export type BackendState = z.infer<typeof BackendState>

export const Status = z.object({
  backend: BackendState.optional(),
  compute: z.enum(['starting', 'ready', 'restarting', 'stopped']),
  memoryBytes: z.object({ main: z.number(), compute: z.number() }),
  lastFailure: z.object({ code: z.string(), message: z.string(), atMs: z.number() }).optional(),
})
export type Status = z.infer<typeof Status>

export const system = {
  hello: call(
    z.object({ protocol: z.number().int() }),
    z.object({
      version: z.string(),
      protocol: z.number().int(),
      shell: z.enum(['electron', 'served']),
      /** What this shell can do that another cannot. */
      abilities: z.object({ dialogs: z.boolean(), pdf: z.boolean() }),
      platform: z.string(),
    }),
  ),
  doctor: call(z.object({}), z.array(Finding)),
  status: stream(z.object({}), Status, 'latest'),
  /** A page under resources/docs by its name without suffix: `glossary`, `errors/CANCELLED`. Markdown. */
  page: call(z.object({ name: z.string().regex(/^[\w-]+(\/[\w-]+)?$/) }), z.object({ markdown: z.string() })),
  pages: call(z.object({}), z.array(z.object({ name: z.string(), title: z.string() }))),
} as const
