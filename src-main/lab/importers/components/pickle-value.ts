/**
 * What a pickle stands for once it is read and nothing in it was run.
 *
 * Containers are shared and may hold themselves, as in Python; whoever walks them keeps count (pickle-tree.ts).
 */
import type { StoredDType } from '../importer'

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleInstance
  | PickleStorage
  | PickleTensor
  | PickleArray
  | PickleArrayKind

export interface PickleList {
  readonly kind: 'list'
  readonly items: PickleValue[]
}

export interface PickleTuple {
  readonly kind: 'tuple'
  readonly items: readonly PickleValue[]
}

export interface PickleDict {
  readonly kind: 'dict'
  readonly entries: Map<PickleValue, PickleValue>
}

/** A class or function by name: `torch.FloatStorage`. A name and nothing else; it is never looked up. */
export interface PickleGlobal {
  readonly kind: 'global'
  readonly name: string
}

/** Stands for an object of a class that is not on the list: inert, with the state that was to be given to it. */
export interface PickleInstance {
  readonly kind: 'instance'
  readonly className: string
  /** It is what calling the name would have given, and not an object with attributes. */
  readonly isCalled: boolean
  state: PickleValue
  readonly items: PickleValue[]
  readonly entries: Map<PickleValue, PickleValue>
}

export interface PickleStorage {
  readonly kind: 'storage'
  readonly key: string
  /** Undefined for a storage of bytes, whose tensors say what they hold. */
  readonly dtype: StoredDType | undefined
  /** In elements, as the pickle claims. */
  readonly count: number
  /** A window on another storage, in its elements. */
  readonly view?: { readonly offset: number; readonly count: number }
}

export interface PickleTensor {
  readonly kind: 'tensor'
  readonly storage: PickleStorage
  readonly dtype: StoredDType
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** NumPy's dtype; its byte order comes by a later BUILD. */
export interface PickleArrayKind {
  readonly kind: 'arrayKind'
  readonly code: string
  order: string
}

/** NumPy's array; everything it is comes by a later BUILD. */
export interface PickleArray {
  readonly kind: 'array'
  content: PickleArrayContent | undefined
}

export interface PickleArrayContent {
  readonly descr: string
  readonly shape: readonly number[]
  readonly isColumnMajor: boolean
  readonly bytes: Uint8Array
}

type PickleObject = Exclude<PickleValue, null | boolean | number | bigint | string | Uint8Array>

export function isKind<Kind extends PickleObject['kind']>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { readonly kind: Kind }> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && value.kind === kind
}

/** The items of a list or a tuple; undefined for anything else. */
export function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isKind(value, 'list') || isKind(value, 'tuple') ? value.items : undefined
}
