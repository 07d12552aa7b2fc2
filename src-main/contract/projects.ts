/**
 * Project files. The renderer never names a path: it names a project of the workspace folder, asks the shell for a
 * native dialog, or hands over the bytes of a dropped file.
 */
import { z } from 'zod'
import { call, stream } from './rpc'

export const ProjectCard = z.object({
  /** File name without folder and suffix. */
  name: z.string(),
  sizeBytes: z.number(),
  changedMs: z.number(),
  isSample: z.boolean(),
  isOpen: z.boolean(),
})
export type ProjectCard = z.infer<typeof ProjectCard>

export const OpenProject = z.object({
  name: z.string(),
  folder: z.string(),
  sizeBytes: z.number(),
  isReadOnly: z.boolean(),
  schemaVersion: z.number().int(),
})
export type OpenProject = z.infer<typeof OpenProject>

/** Letters, digits, space, dot, dash and underscore: a file name on every platform. */
export const ProjectName = z.string().regex(/^[\w][\w .-]{0,99}$/)

export const projects = {
  list: call(z.object({}), z.array(ProjectCard)),
  current: call(z.object({}), OpenProject),
  create: call(z.object({ name: ProjectName }), OpenProject),
  open: call(z.object({ name: ProjectName }), OpenProject),
  /** A native open dialog; ACTION_UNAVAILABLE in the served workbench. Undefined project when dismissed. */
  choose: call(z.object({}), z.object({ project: OpenProject.optional() })),
  /** Takes in a dropped project file in pieces of at most 1 MB; the last piece opens it. */
  adopt: call(
    z.object({
      name: ProjectName,
      offset: z.number().int().nonnegative(),
      totalBytes: z.number().int().positive().max(8 * 2 ** 30),
      bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2 ** 20, 'at most 1 MB a piece'),
    }),
    z.object({ project: OpenProject.optional() }),
  ),
  /** One event now and one whenever another project is opened (also from the shell's menu or a double click). */
  follow: stream(z.object({}), OpenProject, 'latest'),
} as const
