/** The networks a compute process holds: attached by key, least recently used ones given up first. */
import { AppError, unwrap } from '../../base/result'
import type { RunSpec } from '../../contract/runs'
import type { NeuronSpectra } from '../../lab/interpret/fourier'
import fourier from '../../lab/interpret/fourier'
import { createPruner, type Pruner } from '../../lab/interpret/pruning'
import type { ArraysByName } from '../../lab/models/model'
import { createNetwork, type Network } from '../../lab/models/network'
import { allRegistries, resolveSetup } from '../../lab/recipes/resolve-setup'
import type { Setup } from '../../lab/train/setup'

/** With a modulus of 97 and 500 neurons one costs about 40 MB. */
const keptCount = 4

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
}

export interface Subjects {
  attach(attached: Attached): void
  /** Throws CHECKPOINT_NOT_FOUND for a key that is not held. */
  require(key: string): Subject
}

export function createSubjects(): Subjects {
  const held = new Map<string, Subject>()
  return {
    attach({ key, hash, spec, arrays }) {
      if (held.has(key)) return
      held.set(key, createSubject({ key, hash, spec, arrays }))
      for (const [oldKey, { network }] of held) {
        if (held.size <= keptCount) break
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

function createSubject({ hash, spec, arrays }: Attached): Subject {
  const setup = unwrap(resolveSetup(spec, allRegistries, 'analysis'))
  const { model, modelSettings, dataset } = setup
  const network = createNetwork(model, modelSettings, dataset, arrays)
  return {
    hash,
    spec,
    setup,
    network,
    slider: once(() => createPruner(network, dataset)),
    spectra: once(() => fourier.measure(network, {})),
  }
}

function once<T>(make: () => T): () => T {
  let kept: { readonly value: T } | undefined
  return () => (kept ??= { value: make() }).value
}
