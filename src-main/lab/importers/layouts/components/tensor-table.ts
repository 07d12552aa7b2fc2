/** The tensors of one network in a checkpoint: names without what stands before them in the file. */
import type { ReadCheckpoint, ReadTensor } from '../../importer'

export interface TensorTable {
  /** What stands before every name: `model_state_dict.`, or nothing. */
  readonly prefix: string
  find(name: string): ReadTensor | undefined
  shape(name: string): readonly number[] | undefined
  /** Names, without the prefix, in the order of the file. */
  readonly names: readonly string[]
}

/** Every place in the file where a network begins that has a tensor of this name. */
export function prefixesOf({ tensors }: ReadCheckpoint, name: string): readonly string[] {
  const ends = tensors.filter((tensor) => tensor.name === name || tensor.name.endsWith(`.${name}`))
  return ends.map((tensor) => tensor.name.slice(0, -name.length))
}

export function tensorTable({ tensors }: ReadCheckpoint, prefix: string): TensorTable {
  const own = tensors.filter(({ name }) => name.startsWith(prefix))
  const byName = new Map(own.map((tensor) => [tensor.name.slice(prefix.length), tensor]))
  return {
    prefix,
    names: [...byName.keys()],
    find: (name) => byName.get(name),
    shape: (name) => byName.get(name)?.shape,
  }
}

/** One more than the largest number that stands in these names where the pattern has its group. */
export function countOf(names: readonly string[], pattern: RegExp): number {
  const indices = names.map((name) => Number(pattern.exec(name)?.[1] ?? -1))
  return indices.reduce((count, index) => Math.max(count, index + 1), 0)
}
