/** The whole contract between the main process and the renderer, one namespace a file. */
import { attention } from './attention'
import { circuits } from './circuits'
import { copies } from './copies'
import { images } from './images'
import { imports } from './imports'
import { interpret } from './interpret'
import { jobs } from './jobs'
import { lens } from './lens'
import { masks } from './masks'
import { patching } from './patching'
import { projects } from './projects'
import { prompts } from './prompts'
import { recipes } from './recipes'
import { reports } from './reports'
import { residues } from './residues'
import type { ClientOf, ServicesOf } from './rpc'
import { runs } from './runs'
import { sessions } from './sessions'
import { system } from './system'
import { tickets } from './tickets'
import { weights } from './weights'

export const contract = {
  attention,
  circuits,
  copies,
  images,
  imports,
  interpret,
  jobs,
  lens,
  masks,
  patching,
  projects,
  prompts,
  recipes,
  reports,
  residues,
  runs,
  sessions,
  system,
  tickets,
  weights,
} as const

export type Client = ClientOf<typeof contract>
export type Services = ServicesOf<typeof contract>
