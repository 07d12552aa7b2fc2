/**
 * The host: everything behind the contract, put together once per process and shared by all of its windows.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { assert } from '../../base/assert'
import { failureOf } from '../../base/result'
import { systemClock, type Clock } from '../../base/time'
import type { Services } from '../../contract'
import type { Finding } from '../../contract/system'
import { forkCompute, type SpawnCompute } from '../compute/compute-process'
import { createJobs, type Jobs } from '../compute/job'
import { createSupervisor, type Supervisor } from '../compute/supervisor'
import { diagnose } from '../shell/doctor'
import type { Store } from '../store/store'
import { createAsking } from './asking'
import { createAttentionService } from './attention'
import { createRunChanges } from './changes'
import { createCircuitsService } from './circuits'
import { createCopiesService } from './copies'
import { createDroppedFiles } from './dropped-files'
import { createImagesService } from './images'
import { createImportsService } from './imports'
import { createInterpretService } from './interpret'
import { createJobsService } from './jobs'
import { createLensService } from './lens'
import { createMasksService } from './masks'
import { createPatchingService } from './patching'
import { createProjectsService } from './projects'
import { createPromptsService } from './prompts'
import { createRecipesService, type RecipesService } from './recipes'
import { createReportsService, type ReportsService } from './reports'
import { locate } from './resources'
import { createRunsService } from './runs'
import { createSessionsService } from './sessions'
import { createSystemService } from './system'
import { createTicketsService } from './tickets'
import { createTraining } from './training'
import { createResiduesService } from './residues'
import { createWeightsService } from './weights'
import { createWorkspace, firstProject } from './workspace'

export interface HostOptions {
  /** Folder of the projects; made when missing. */
  readonly workspace: string
  readonly shell: 'electron' | 'served'
  /** The resources folder; by default the one shipped beside the program. */
  readonly resources?: string
  /** Starts compute processes; by default forks of the built compute entry. */
  readonly spawn?: SpawnCompute
  readonly pdf?: (html: string) => Promise<Uint8Array>
  readonly dialogs?: {
    chooseProject(folder: string): Promise<string | undefined>
    /** A folder to write into. */
    chooseFolder(folder: string): Promise<string | undefined>
  }
  /** Id of the wanted backend; by default the fastest that loads. */
  readonly backend?: string
  /** Trainings at the same time; by default one. */
  readonly trainers?: number
  /** Longest stretch of training, in wall time, that a crash may cost. Default 30 s. */
  readonly extraEveryMs?: number
  readonly findings?: () => Promise<readonly Finding[]>
  /** Whether to open the newest project, or a copy of the sample on the very first start. Default true. */
  readonly opensProject?: boolean
  readonly clock?: Clock
}

export interface Host {
  readonly services: Services
  /** The two services with more to offer to callers in this process. */
  readonly recipes: RecipesService
  readonly reports: ReportsService
  readonly supervisor: Supervisor
  readonly jobs: Jobs
  /** The open project's store. */
  readonly store: () => Store
  openProject(path: string): Promise<void>
  createProject(path: string): Promise<void>
  /** Stops trainings with a checkpoint, closes the project, ends the compute processes. */
  dispose(): Promise<void>
}

const extraEveryMs = 30_000

/** Enough for all but one core, at least one; for hosts that only compute. */
export const allTrainers = (): number => Math.max(1, availableParallelism() - 1)

export async function createHost(options: HostOptions): Promise<Host> {
  const { clock = systemClock, shell } = options
  const resources = options.resources ?? locate('resources')
  assert(resources, 'the resources folder is not beside the program')
  const version = versionBeside(resources)
  const supervisor = createSupervisor({
    spawn: options.spawn ?? forkBuilt(options.backend),
    clock,
    ...(options.trainers !== undefined && { trainers: options.trainers }),
  })
  const jobs = createJobs(clock)
  const changes = createRunChanges()
  const folder = resolve(options.workspace)
  const samples = join(resources, 'samples')
  const workspace = createWorkspace({ folder, samples, beforeClose: () => training.close() })
  const { store } = workspace
  const training = createTraining({
    store,
    supervisor,
    jobs,
    changes,
    extraEveryMs: options.extraEveryMs ?? extraEveryMs,
  })
  const [recorded, scripts] = [join(resources, 'claims'), join(resources, 'export')]
  const recipes = createRecipesService({ store, supervisor, jobs, training, changes, clock, version, recorded })
  const reports = createReportsService({ store, supervisor, clock, version, pdf: options.pdf })
  const ask = createAsking({ store, supervisor, changes })
  const dropped = createDroppedFiles(() => clock.nowMs())
  const services: Services = {
    attention: createAttentionService(ask),
    circuits: createCircuitsService(ask),
    copies: createCopiesService({ store, ask, changes, folder, scripts, choose: options.dialogs?.chooseFolder }),
    images: createImagesService({ store }),
    imports: createImportsService({ store, supervisor, jobs, changes, dropped }),
    interpret: createInterpretService({ store, ask, changes }),
    jobs: createJobsService(jobs),
    lens: createLensService(ask),
    masks: createMasksService({ store, ask, changes }),
    patching: createPatchingService(ask),
    projects: createProjectsService({ workspace, choose: options.dialogs?.chooseProject }),
    prompts: createPromptsService({ store, supervisor }),
    recipes,
    reports,
    runs: createRunsService({ store, supervisor, training, changes }),
    sessions: createSessionsService(workspace),
    system: createSystemService({
      supervisor,
      version,
      shell,
      abilities: { dialogs: options.dialogs !== undefined, pdf: options.pdf !== undefined },
      docs: join(resources, 'docs'),
      findings: options.findings ?? diagnose,
    }),
    tickets: createTicketsService({ store, supervisor, jobs, training, changes }),
    residues: createResiduesService(ask),
    weights: createWeightsService(ask),
  }
  async function dispose(): Promise<void> {
    await workspace.close()
    await supervisor.dispose()
    dropped.dispose()
  }
  if (options.opensProject ?? true) {
    supervisor.warm()
    try {
      await openFirst(workspace, samples)
    } catch (thrown) {
      await dispose()
      throw thrown
    }
  }

  return {
    services,
    recipes,
    reports,
    supervisor,
    jobs,
    store,
    openProject: async (path) => void (await workspace.open(resolve(path))),
    createProject: async (path) => void (await workspace.createAt(resolve(path))),
    dispose,
  }
}

/** Opens the newest project that opens; a damaged one must not keep the program from starting. */
async function openFirst(workspace: ReturnType<typeof createWorkspace>, samples: string): Promise<void> {
  const first = firstProject({ folder: workspace.folder, samples })
  const candidates = first.ok ? [first.value, ...workspace.cards().map(({ name }) => workspace.pathOf(name))] : []
  for (const path of new Set(candidates)) {
    try {
      await workspace.open(path)
      return
    } catch (thrown) {
      const { code } = failureOf(thrown)
      if (!code.startsWith('PROJECT_') && code !== 'FILE_UNREADABLE') throw thrown
    }
  }
  await workspace.create(freeName(workspace.cards().map(({ name }) => name)))
}

function freeName(taken: readonly string[]): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? 'project' : `project ${i}`
    if (!taken.includes(name)) return name
  }
}

function forkBuilt(backend: string | undefined): SpawnCompute {
  const entry = locate('compute.js')
  assert(entry, 'the compute entry is not beside the program')
  return forkCompute({ entry, args: backend === undefined ? [] : ['--backend', backend] })
}

function versionBeside(resources: string): string {
  const path = locate('package.json', resources)
  assert(path, 'package.json is not beside the program')
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string } // this program's own
  return version
}
