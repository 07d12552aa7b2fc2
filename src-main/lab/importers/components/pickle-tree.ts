/**
 * From the value of a pickle to named tensors and plain values.
 *
 * 1. Containers are walked in order; keys and indices joined by dots name what is in them, as state dicts do.
 * 2. An object with `_parameters` and `_modules` is a PyTorch module: its tensors get the names its state dict would
 *    give them, without buffers that it does not save. What else it carries (a configuration) is metadata.
 * 3. Other objects of unknown classes are walked as the record of their attributes, for metadata alone.
 *
 * Containers may be shared and may hold themselves. A container within itself is passed over; values met are counted, so
 * that a small file that unfolds into a huge tree is refused.
 */
import type { PlainValue } from '../importer'
import { quoted, refuse } from './refusal'
import { isKind, itemsOf, type PickleArrayContent, type PickleDict, type PickleInstance, type PickleTensor, type PickleValue } from './pickle-value'

export interface NamedLeaf {
  readonly name: string
  readonly leaf: PickleTensor | PickleArrayContent
}

export interface PickleTree {
  readonly leaves: readonly NamedLeaf[]
  readonly metadata: Readonly<Record<string, PlainValue>>
  /** Classes of modules whose tensors were taken. */
  readonly moduleClasses: readonly string[]
}

const valuesMax = 1_000_000
const depthMax = 100

interface Walk {
  readonly leaves: NamedLeaf[]
  readonly names: Set<string>
  readonly moduleClasses: Set<string>
  /** False within attributes of a module, which may repeat its tensors under other names. */
  takes: boolean
  /** Containers on the way from the root to here. */
  readonly above: Set<PickleValue>
  met: number
}

export function pickleTree(root: PickleValue): PickleTree {
  const walk: Walk = { leaves: [], names: new Set(), moduleClasses: new Set(), takes: true, above: new Set(), met: 0 }
  const plain = plainOf(walk, root, [])
  const isRecord = typeof plain === 'object' && plain !== null && !Array.isArray(plain)
  const metadata = isRecord ? (plain as Readonly<Record<string, PlainValue>>) : plain === undefined || plain === null ? {} : { value: plain }
  return { leaves: walk.leaves, metadata, moduleClasses: [...walk.moduleClasses] }
}

/** What is left of a value once its tensors are taken out; undefined where nothing is. */
function plainOf(walk: Walk, value: PickleValue, path: readonly string[]): PlainValue | undefined {
  if (++walk.met > valuesMax) refuse(`the pickle unfolds into more than ${valuesMax} values`)
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return value.slice(0, 10_000)
  if (value instanceof Uint8Array || value.kind === 'storage') return undefined
  switch (value.kind) {
    case 'tensor':
      return take(walk, path, value)
    case 'array':
      return value.content ? take(walk, path, value.content) : undefined
    case 'arrayKind':
      return value.order + value.code
    case 'global':
      return value.name
    default:
      return within(walk, value, path, () => containerOf(walk, value, path))
  }
}

function take(walk: Walk, path: readonly string[], leaf: NamedLeaf['leaf']): undefined {
  if (!walk.takes) return
  const name = path.join('.') || 'tensor'
  if (walk.names.has(name)) refuse(`two tensors of the file are named ${quoted(name)}`)
  walk.names.add(name)
  walk.leaves.push({ name, leaf })
}

function within<T>(walk: Walk, value: PickleValue, path: readonly string[], visit: () => T): T | undefined {
  if (walk.above.has(value)) return undefined
  if (path.length > depthMax) refuse(`containers of the pickle are nested more than ${depthMax} deep`)
  walk.above.add(value)
  const result = visit()
  walk.above.delete(value)
  return result
}

function containerOf(walk: Walk, value: PickleValue, path: readonly string[]): PlainValue | undefined {
  const items = itemsOf(value)
  if (items) {
    const plain = items.map((item, i) => plainOf(walk, item, [...path, String(i)]))
    const kept = plain.some((item) => item !== undefined) ? plain.map((item) => item ?? null) : []
    return kept.length > 0 || items.length === 0 ? kept : undefined
  }
  if (isKind(value, 'dict')) return recordOf(walk, value, path)
  return isKind(value, 'instance') ? objectOf(walk, value, path) : undefined
}

function recordOf(walk: Walk, { entries }: PickleDict, path: readonly string[]): PlainValue | undefined {
  const plain: [string, PlainValue][] = []
  for (const [key, value] of entries) {
    const name = typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' ? String(key) : undefined
    if (name === undefined) continue
    const left = plainOf(walk, value, [...path, name])
    if (left !== undefined) plain.push([name, left])
  }
  return plain.length > 0 || entries.size === 0 ? Object.fromEntries(plain) : undefined
}

/** Attributes by name, where the object has a state of the usual form: a dict, or a pair of a dict and a dict of slots. */
function attributesOf({ state }: PickleInstance): ReadonlyMap<string, PickleValue> {
  const records = [state, ...(itemsOf(state) ?? [])].filter((record) => isKind(record, 'dict'))
  const entries = records.flatMap((record) => [...record.entries])
  return new Map(entries.filter((entry): entry is [string, PickleValue] => typeof entry[0] === 'string'))
}

function objectOf(walk: Walk, value: PickleInstance, path: readonly string[]): PlainValue | undefined {
  if (value.isCalled) return undefined
  const attributes = attributesOf(value)
  if (attributes.has('_parameters') && attributes.has('_modules')) {
    return walk.takes ? moduleOf(walk, value.className, attributes, path) : undefined
  }
  const entries = new Map<PickleValue, PickleValue>([...attributes, ...value.entries])
  return recordOf(walk, { kind: 'dict', entries }, path)
}

/** Attributes that PyTorch keeps for itself in every module. */
const isOwnAttribute = (name: string): boolean => name.startsWith('_') || name === 'training'

function moduleOf(
  walk: Walk,
  className: string,
  attributes: ReadonlyMap<string, PickleValue>,
  path: readonly string[],
): PlainValue | undefined {
  walk.moduleClasses.add(className)
  const named = (attribute: string): readonly [string, PickleValue][] => {
    const value = attributes.get(attribute)
    const entries = isKind(value, 'dict') ? [...value.entries] : []
    return entries.filter((entry): entry is [string, PickleValue] => typeof entry[0] === 'string')
  }
  const notSaved = new Set(itemsOf(attributes.get('_non_persistent_buffers_set')) ?? [])
  const tensors = [...named('_parameters'), ...named('_buffers').filter(([name]) => !notSaved.has(name))]
  for (const [name, value] of tensors) if (value !== null) plainOf(walk, value, [...path, name])
  for (const [name, value] of named('_modules')) if (isKind(value, 'instance')) plainOf(walk, value, [...path, name])
  const others = new Map<PickleValue, PickleValue>([...attributes].filter(([name]) => !isOwnAttribute(name)))
  walk.takes = false
  const metadata = recordOf(walk, { kind: 'dict', entries: others }, path)
  walk.takes = true
  return metadata
}
