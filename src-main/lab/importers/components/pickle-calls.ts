/**
 * The callables a pickle may name, each a function of ours that makes plain data, and nothing else is ever called.
 *
 * PyTorch's rebuild a tensor from a storage, NumPy's an array, the rest are containers and texts. Names that PyTorch uses
 * for tensors of another kind (quantized, sparse) are known so that the refusal can say what they are; names that have no
 * business in a checkpoint are known so that the refusal does not depend on what else is in the file.
 */
import { decoded, elementBytes } from './element'
import { arrayKind } from './numpy-array'
import { isCount, quoted, refuse } from './refusal'
import {
  isKind, itemsOf, type PickleArray, type PickleArrayKind, type PickleList, type PickleStorage, type PickleTensor, type PickleValue,
} from './pickle-value'
import type { PickleRules } from './pickle-machine'
import type { StoredDType } from '../importer'

type Call = (args: readonly PickleValue[]) => PickleValue

export const plainRules: Omit<PickleRules, 'persistent'> = {
  call(name, args) {
    const call = calls.get(name)
    if (call) return call(args)
    const kind = foreignTensors.get(name)
    if (kind) return refuse(`the file holds ${kind} (${name}), which are not read`)
    if (isHostile(name)) return refuse(`the pickle wants to call ${quoted(name)}; a checkpoint has no use for it`)
    return undefined
  },
  build: buildNumpy,
}

// PyTorch

const dtypesByStorage: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: 'F64', FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', LongStorage: 'I64', IntStorage: 'I32',
  ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
}

const dtypesByName: Readonly<Record<string, StoredDType>> = {
  float64: 'F64', double: 'F64', float32: 'F32', float: 'F32', float16: 'F16', half: 'F16', bfloat16: 'BF16', int64: 'I64', long: 'I64',
  int32: 'I32', int: 'I32', int16: 'I16', short: 'I16', int8: 'I8', uint8: 'U8', uint16: 'U16', uint32: 'U32', uint64: 'U64', bool: 'BOOL',
}

/** What a storage of this class holds; undefined for one of bytes. Refused for dtypes that are not read. */
export function storageDType(className: PickleValue | undefined): StoredDType | undefined {
  if (!isKind(className, 'global')) return refuse('a storage names no class; the pickle is damaged')
  const [, name] = /^torch\.(?:cuda\.|storage\.)?(\w+)$/.exec(className.name) ?? []
  if (name === 'UntypedStorage') return undefined
  const dtype = name !== undefined && Object.hasOwn(dtypesByStorage, name) ? dtypesByStorage[name] : undefined
  return dtype ?? refuse(`the file holds a ${quoted(className.name)}, whose elements are not read`)
}

function storageArgument(value: PickleValue | undefined): PickleStorage {
  if (isKind(value, 'storage')) return value
  // The oldest archives name the storage in place, as the tuple that is a persistent id elsewhere.
  return storageOf(value) ?? refuse('a tensor is rebuilt from what is no storage; the pickle is damaged')
}

/** The storage a persistent id names: ('storage', class, key, location, count, view?). The location is not looked at. */
export function storageOf(id: PickleValue | undefined): PickleStorage | undefined {
  const [tag, className, key, , count, view] = itemsOf(id) ?? []
  if (tag !== 'storage') return undefined
  if ((typeof key !== 'string' && typeof key !== 'number') || !isCount(count)) return refuse('a storage has no key or size; the pickle is damaged')
  const storage = { kind: 'storage' as const, key: String(key), dtype: storageDType(className), count }
  const [, offset, viewCount] = itemsOf(view) ?? []
  if (!itemsOf(view)) return storage
  if (!isCount(offset) || !isCount(viewCount)) return refuse('a view of a storage has no place; the pickle is damaged')
  return { ...storage, view: { offset, count: viewCount } }
}

/** (storage, offset, shape, strides, …) */
function rebuiltTensor([storage, offset, shape, strides]: readonly PickleValue[], dtype?: StoredDType): PickleTensor {
  const of = storageArgument(storage)
  const lengths = itemsOf(shape)
  const steps = itemsOf(strides)
  if (typeof offset !== 'number' || !lengths || !steps) return refuse('a tensor has no offset, shape or strides; the pickle is damaged')
  const known = dtype ?? of.dtype ?? refuse('a tensor does not say what its bytes are; the pickle is damaged')
  return { kind: 'tensor', storage: of, dtype: known, offset, shape: lengths as number[], strides: steps as number[] } // checked with the storage
}

function namedDType(value: PickleValue | undefined): StoredDType {
  const [, name = ''] = isKind(value, 'global') ? (/^torch\.(\w+)$/.exec(value.name) ?? []) : []
  return Object.hasOwn(dtypesByName, name) ? dtypesByName[name]! : refuse(`a tensor is of dtype ${quoted(name)}, which is not read`)
}

/** (function, class, arguments, state): a tensor of a subclass, or with attributes. */
function rebuiltFromType([rebuild, , args]: readonly PickleValue[]): PickleValue {
  const call = isKind(rebuild, 'global') ? calls.get(rebuild.name) : undefined
  return call && itemsOf(args) ? call(itemsOf(args)!) : refuse('the file holds a tensor of a class of its own, which is not read')
}

function firstTensor([tensor]: readonly PickleValue[]): PickleValue {
  return isKind(tensor, 'tensor') ? tensor : refuse('a parameter is made of what is no tensor; the pickle is damaged')
}

const foreignTensors: ReadonlyMap<string, string> = new Map([
  ['torch._utils._rebuild_qtensor', 'quantized tensors'],
  ['torch._utils._rebuild_sparse_tensor', 'sparse tensors'],
  ['torch._utils._rebuild_sparse_csr_tensor', 'sparse tensors'],
  ['torch._utils._rebuild_nested_tensor', 'nested tensors'],
  ['torch._utils._rebuild_meta_tensor_no_storage', 'tensors without values'],
  ['torch._utils._rebuild_wrapper_subclass', 'tensors of a class of their own'],
  ['torch._utils._rebuild_device_tensor_from_numpy', 'tensors of another device'],
])

// NumPy

function numpyKind([code]: readonly PickleValue[]): PickleArrayKind {
  const name = code instanceof Uint8Array ? new TextDecoder().decode(code) : code
  return { kind: 'arrayKind', code: typeof name === 'string' ? name : refuse('a NumPy dtype has no name; the pickle is damaged'), order: '' }
}

const descrOf = ({ code, order }: PickleArrayKind): string => order + code

/** (dtype, bytes): one number. */
function numpyScalar([kind, content]: readonly PickleValue[]): PickleValue {
  const bytes = bytesOf(content)
  if (!isKind(kind, 'arrayKind') || !bytes) return refuse('a NumPy number has no dtype or no bytes; the pickle is damaged')
  if (/^[<>|=]?[US]\d+$/.test(kind.code)) return new TextDecoder('utf-8').decode(bytes)
  const { dtype, isBigEndian } = arrayKind(descrOf(kind))
  if (bytes.length !== elementBytes[dtype]) return refuse(`a NumPy number of dtype ${dtype} has ${bytes.length} bytes; the pickle is damaged`)
  return decoded(bytes, dtype, isBigEndian)[0]!
}

/** Python 2 wrote bytes as text, one character a byte. */
function bytesOf(value: PickleValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? Uint8Array.from(value, (char) => char.charCodeAt(0)) : undefined
}

function buildNumpy(target: PickleValue, state: PickleValue): boolean {
  const items = itemsOf(state) ?? []
  if (isKind(target, 'arrayKind')) {
    const [, order] = items // (version, order, …)
    target.order = order === '<' || order === '>' || order === '|' ? order : ''
    return true
  }
  if (!isKind(target, 'array')) return false
  buildArray(target, items)
  return true
}

/** (version, shape, dtype, isColumnMajor, bytes) */
function buildArray(target: PickleArray, [, shape, kind, isColumnMajor, content]: readonly PickleValue[]): void {
  const lengths = itemsOf(shape)
  if (!lengths || !isKind(kind, 'arrayKind')) return refuse('a NumPy array has no shape or dtype; the pickle is damaged')
  const descr = descrOf(kind)
  arrayKind(descr)
  const bytes = bytesOf(content) ?? refuse('a NumPy array has no bytes; the pickle is damaged')
  target.content = { descr, shape: lengths as number[], isColumnMajor: isColumnMajor === true, bytes } // lengths are checked with the bytes
}

// Python

function list(args: readonly PickleValue[]): PickleList {
  return { kind: 'list', items: [...(itemsOf(args[0]) ?? [])] }
}

/** OrderedDict() or OrderedDict([(key, value), …]). */
function dict(args: readonly PickleValue[]): PickleValue {
  const entries = new Map<PickleValue, PickleValue>()
  for (const pair of itemsOf(args[0]) ?? []) {
    const [key, value] = itemsOf(pair) ?? []
    if (key === undefined || value === undefined) return refuse('a dict is made of what are no pairs; the pickle is damaged')
    entries.set(key, value)
  }
  return { kind: 'dict', entries }
}

/** _codecs.encode(text, 'latin1'): how protocol 2 writes bytes. */
function encoded([text, encoding]: readonly PickleValue[]): PickleValue {
  if (typeof text !== 'string' || encoding !== 'latin1') return refuse('the pickle encodes what is no latin1 text; it is damaged')
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

/** copyreg._reconstructor(class, object, None): an object as protocols before 2 make it. */
function reconstructed([className]: readonly PickleValue[]): PickleValue {
  const name = isKind(className, 'global') ? className.name : 'an object'
  return { kind: 'instance', className: name, isCalled: false, state: null, items: [], entries: new Map() }
}

const joinedPath: Call = (parts) => parts.filter((part) => typeof part === 'string').join('/').replace(/^\/\//, '/')
const textOrNull: Call = ([value]) => (typeof value === 'string' ? value : null)
const both = (names: readonly string[], call: Call): readonly (readonly [string, Call])[] => names.map((name) => [name, call] as const)
const builtin = (name: string): readonly string[] => [`builtins.${name}`, `__builtin__.${name}`]
const multiarray = (name: string): readonly string[] => [`numpy.core.multiarray.${name}`, `numpy._core.multiarray.${name}`]

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', (args) => rebuiltTensor(args)],
  ['torch._utils._rebuild_tensor_v2', (args) => rebuiltTensor(args)],
  ['torch._utils._rebuild_tensor_v3', (args) => rebuiltTensor(args, namedDType(args[6]))],
  ['torch._utils._rebuild_parameter', firstTensor],
  ['torch._utils._rebuild_parameter_with_state', firstTensor],
  ['torch._tensor._rebuild_from_type_v2', rebuiltFromType],
  ['torch.Size', ([items]) => ({ kind: 'tuple', items: itemsOf(items) ?? [] })],
  ['torch.device', textOrNull],
  ...both(multiarray('_reconstruct'), () => ({ kind: 'array', content: undefined })),
  ...both(multiarray('scalar'), numpyScalar),
  ['numpy.dtype', numpyKind],
  ['collections.OrderedDict', dict],
  ['collections.Counter', dict],
  ['collections.defaultdict', () => dict([])],
  ...both(builtin('dict'), dict),
  ...both([...builtin('list'), ...builtin('set'), ...builtin('frozenset'), ...builtin('tuple')], list),
  ...both(builtin('bytearray'), (args) => bytesOf(args[0]) ?? new Uint8Array()),
  ['_codecs.encode', encoded],
  ['copyreg._reconstructor', reconstructed],
  ['copy_reg._reconstructor', reconstructed],
  ...both(['pathlib.PosixPath', 'pathlib.WindowsPath', 'pathlib._local.PosixPath', 'pathlib._local.WindowsPath'], joinedPath),
])

/** Modules whose functions do things; a file that wants one of them is refused whatever else it holds. */
const hostileModules = new Set([
  'os', 'posix', 'nt', 'subprocess', 'sys', 'shutil', 'socket', 'runpy', 'pty', 'ctypes', 'importlib', 'webbrowser', 'pickle', '_pickle',
  'marshal', 'code', 'codeop', 'commands', 'pdb', 'timeit', 'urllib', 'http', 'requests', 'multiprocessing', 'asyncio', 'signal', 'tempfile',
])
const hostileFunctions = new Set(['eval', 'exec', '__import__', 'compile', 'open', 'input', 'breakpoint'].flatMap(builtin))

function isHostile(name: string): boolean {
  return hostileModules.has(name.slice(0, name.indexOf('.'))) || hostileFunctions.has(name)
}
