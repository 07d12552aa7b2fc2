/** What the window looked like: layout, selection, theme. The main process stores it and does not read it. */
import { z } from 'zod'
import { call } from './rpc'

/** JSON text made by the workbench; versioned there. */
const SessionText = z.string().max(1_000_000)

export const sessions = {
  load: call(z.object({}), z.object({ session: SessionText.optional() })),
  save: call(z.object({ session: SessionText }), z.object({})),
  layouts: call(z.object({}), z.array(z.object({ name: z.string(), session: SessionText }))),
  saveLayout: call(z.object({ name: z.string().min(1).max(80), session: SessionText }), z.object({})),
  removeLayout: call(z.object({ name: z.string() }), z.object({})),
} as const
