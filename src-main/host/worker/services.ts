import type { ServicesOf } from '../../contract/rpc'
import { allRegistries } from '../../lab/recipes/resolve-setup'
import type { BackendState } from '../../contract/system'
import type { computeContract } from '../compute/contract'
import { createAttention } from './attention'
import { createBench } from './bench'
import { createCatalog } from './catalog'
import { createCircuits } from './circuits'
import { createClaims } from './claims'
import { createCopies } from './copies'
import { createImages } from './images'
import { createImports } from './imports'
import { createInterpret } from './interpret'
import { createLens } from './lens'
import { createMasks } from './masks'
import { createPatching } from './patching'
import { createPrompts } from './prompts'
import { createAnswerMemory, remembered } from './remembered-answers'
import { createTickets } from './tickets'
import { createResidues } from './residues'
import { createTokenizers } from './tokenizers'
import { createTraining } from './training'
import { createWeights } from './weights'

export interface WorkerOptions {
  readonly backend: BackendState
  /** Backend and versions, as a run records them. */
  readonly madeWith: string
}

/** Everything a compute process answers, in either role. */
export function createWorkerServices({ backend, madeWith }: WorkerOptions): ServicesOf<typeof computeContract> {
  const images = createImages()
  const registries = { ...allRegistries, resources: images.resources }
  const tokenizers = createTokenizers()
  const bench = createBench(backend.id, { registries, tokenizers })
  const memory = createAnswerMemory()
  return {
    process: {
      hello: () => ({ backend, madeWith }),
      ping: () => ({ memoryBytes: process.memoryUsage.rss() }),
    },
    catalog: createCatalog(registries),
    training: createTraining(registries),
    interpret: remembered(memory, 'interpret', createInterpret(bench), ['neurons', 'neuron']),
    masks: createMasks(bench),
    patching: createPatching(bench),
    circuits: createCircuits(bench),
    copies: createCopies(bench),
    images: images.service,
    imports: createImports(),
    weights: remembered(memory, 'weights', createWeights(bench), ['heads', 'circuit', 'composition', 'spectrum']),
    attention: remembered(memory, 'attention', createAttention(bench), ['patterns', 'head', 'scores']),
    lens: remembered(memory, 'lens', createLens(bench), ['table', 'profile', 'attribution', 'decomposition']),
    tickets: createTickets(registries),
    residues: remembered(memory, 'residues', createResidues(bench), ['progress', 'geometry', 'directions']),
    prompts: createPrompts(tokenizers),
    claims: createClaims(),
  }
}
