/**
 * The networks a compute process holds: attached by key, least recently used ones given up first. As many stay as fit, so
 * that a hand which goes back along a run finds its checkpoints where they were.
 */
import { AppError, unwrap } from '../../base/result'
import type { RunSpec } from '../../contract/runs'
import type { NeuronSpectra } from '../../lab/interpret/fourier'
import fourier from '../../lab/interpret/fourier'
import { createPruner, type Pruner } from '../../lab/interpret/pruning'
import { createPassMemory } from '../../lab/models/components/remembered-passes'
import type { ArraysByName } from '../../lab/models/model'
import { createNetwork, type Network } from '../../lab/models/network'
import { resolveSetup, type Registries } from '../../lab/recipes/resolve-setup'
import type { Setup } from '../../lab/train/setup'
import type { Tokenizers } from './tokenizers'

/** Bytes of weights that stay attached; each lies here as it came and once more with the backend. */
const keptBytes = 256 * 2 ** 20
/** However large: what a pinned panel shows, what the others show, and what they come from. */
const leastKept = 3
/** With a modulus of 97 and 500 neurons a pruner holds about 40 MB. */
const keptPruners = 4
/** Datasets, which the checkpoints of a run share. */
const keptSetups = 6
const passMemory = { mostBytes: 96 * 2 ** 20, mostTokens: 8192 }

/** One checkpoint with what was computed of it so far. */
export interface Subject {
  readonly hash: string
  readonly spec: RunSpec
  readonly setup: Setup
  readonly network: Network
  /** Follows the slider: holds the last set of removed neurons, so that a small change is a small step. */
  readonly slider: () => Pruner
  readonly spectra: () => NeuronSpectra
}

export interface Attached {
  readonly key: string
  readonly hash: string
  readonly spec: RunSpec
  readonly arrays: ArraysByName
  /** Key of the tokenizer whose words its tokens are; what the task calls them if absent. */
  readonly tokenizer?: string | undefined
}

export interface Subjects {
  attach(attached: Attached): void
  /** Throws CHECKPOINT_NOT_FOUND for a key that is not held. */
  require(key: string): Subject
}

/** What networks are made from beside their weights. */
export interface SubjectMeans {
  readonly registries: Registries
  readonly tokenizers: Tokenizers
}

export function createSubjects({ registries, tokenizers }: SubjectMeans): Subjects {
  const held = new Map<string, Subject>()
  const setups = lastUsed<Setup>(keptSetups)
  const pruners = lastUsed<Pruner>(keptPruners)
  const memory = createPassMemory(passMemory)

  function createSubject({ key, hash, spec, arrays, tokenizer }: Attached): Subject {
    const ofTask = setups(JSON.stringify(spec), () => unwrap(resolveSetup(spec, registries, 'analysis')))
    const words = tokenizer === undefined ? undefined : tokenizers.require({ kind: 'files', key: tokenizer })
    const setup = words ? { ...ofTask, tokenText: words.tokenText } : ofTask
    const { model, modelSettings, dataset } = setup
    const network = memory.remembering(createNetwork(model, modelSettings, dataset, arrays))
    return {
      hash,
      spec,
      setup,
      network,
      slider: () => pruners(key, () => createPruner(network, dataset)),
      spectra: once(() => fourier.measure(network, {})),
    }
  }

  return {
    attach(attached) {
      if (held.has(attached.key)) return
      held.set(attached.key, createSubject(attached))
      let bytes = [...held.values()].reduce((sum, { network }) => sum + bytesOf(network), 0)
      for (const [oldKey, { network }] of held) {
        if (bytes <= keptBytes || held.size <= leastKept) break
        bytes -= bytesOf(network)
        network.dispose()
        held.delete(oldKey)
      }
    },
    require(key) {
      const subject = held.get(key)
      if (!subject) throw new AppError({ code: 'CHECKPOINT_NOT_FOUND', message: `checkpoint '${key}' is not attached` })
      // Insertion order is the order of use.
      held.delete(key)
      held.set(key, subject)
      return subject
    },
  }
}

function bytesOf({ arrays }: Network): number {
  return Object.values(arrays).reduce((sum, { data }) => sum + 2 * data.byteLength, 0)
}

function once<T>(make: () => T): () => T {
  let kept: { readonly value: T } | undefined
  return () => (kept ??= { value: make() }).value
}

/** What was made for a key, while it is among the last few that were wanted. */
function lastUsed<T>(most: number): (key: string, make: () => T) => T {
  const made = new Map<string, T>()
  return (key, make) => {
    const value = made.has(key) ? made.get(key)! : make()
    made.delete(key)
    made.set(key, value)
    for (const oldest of made.keys()) {
      if (made.size <= most) break
      made.delete(oldest)
    }
    return value
  }
}
