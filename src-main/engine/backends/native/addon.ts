/**
 * The compiled half: finding it, loading it, and what it can do.
 *
 * A packaged program carries it under resources/native, a checkout builds it under build/native; GROKSCOPE_ADDON names
 * another file, such as a build with sanitizers. Every function checks
 * its arguments and throws a RangeError with code NATIVE_ARGUMENT before it computes anything. Arrays may be views
 * into larger buffers; outputs must not overlap inputs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { err, ok, type Result } from '../../../base/result'

type Floats = Float32Array
type Words = Float32Array | Int32Array
/** 0 or 1. */
type Flag = 0 | 1

/** Names of the order in addon/kernels.h. */
export const unaries = [
  'negate', 'absolute', 'square', 'root', 'inverseRoot', 'reciprocal', 'exponential', 'logarithm', 'tangent', 'sigmoid',
  'relu', 'step', 'error', 'gelu', 'geluTanh', 'silu',
] as const
export const binaries = [
  'add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'squaredDifference', 'squareGradient', 'reluGradient',
  'geluGradient', 'geluTanhGradient', 'siluGradient',
] as const
export const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const
export const slopes = ['none', 'quadratic', 'relu'] as const
export const reductions = ['sum', 'maximum', 'minimum'] as const

export interface Addon {
  /** out [batch, m, n] = a · b (+ bias, then relu, then times the slope at each element). A repeated factor has no batch axis. */
  multiply(
    a: Floats, b: Floats, out: Floats, batch: number, m: number, n: number, k: number,
    isATransposed: Flag, isBTransposed: Flag, isARepeated: Flag, isBRepeated: Flag, bias: Floats | null, hasRelu: Flag,
    slope: number, slopeAt: Floats | null,
  ): void
  unary(operation: number, x: Floats, out: Floats, alpha: number): void
  /** `layout`: rank, dimensions of the output, strides of a, strides of b. */
  binary(operation: number, layout: Int32Array, a: Floats, b: Floats, out: Floats): void
  compare(comparison: number, layout: Int32Array, a: Floats, b: Floats, out: Uint8Array): void
  /** x [outer, count, inner] to out [outer, inner], times `scale`. */
  reduce(reduction: number, x: Floats, out: Floats, outer: number, count: number, inner: number, scale: number): void
  argMax(x: Floats, out: Int32Array, outer: number, count: number, inner: number): void
  gather(
    x: Words, indices: Int32Array, out: Words, outer: number, size: number, inner: number, count: number,
  ): void
  /** Copies along `layout`: rank, dimensions, strides in x from `fromStart`, strides in out from `toStart`. */
  rearrange(layout: Int32Array, x: Words, fromStart: number, out: Words, toStart: number): void
  /** Rows of x where the condition is not 0, else of y: out [size, inner]. */
  select(condition: Uint8Array, x: Words, y: Words, out: Words, size: number, inner: number): void
  copyRows(
    x: Words, fromStart: number, fromStep: number, out: Words, toStart: number, toStep: number, rows: number, size: number,
  ): void
  oneHot(indices: Int32Array, out: Floats, count: number, depth: number, on: number, off: number): void
  castInts(x: Int32Array, out: Floats): void
  castBytes(x: Uint8Array, out: Floats): void
  fill(out: Floats, value: number): void
  softmax(x: Floats, out: Floats, rows: number, columns: number, isLog: Flag): void
  crossEntropy(logits: Floats, labels: Int32Array, loss: Floats, gradient: Floats, rows: number, columns: number): void
  oneHotError(logits: Floats, labels: Int32Array, loss: Floats, gradient: Floats, rows: number, columns: number): void
  embeddingSum(
    table: Floats, tokens: Int32Array, out: Floats, batch: number, positions: number, vocabulary: number, width: number,
  ): void
  embeddingScatter(
    dy: Floats, tokens: Int32Array, out: Floats,
    batch: number, positions: number, vocabulary: number, width: number, isStrict: Flag,
  ): void
  crossEntropyInDouble(
    logits: Floats, labels: Int32Array, loss: Floats, gradient: Floats, rows: number, columns: number,
  ): void
  /** Of each parameter: param, grad, m, v, next param, next m, next v. */
  adam(
    arrays: readonly Floats[], learningRate: number, beta1: number, beta2: number, epsilon: number, decay: number,
    firstCorrection: number, secondCorrection: number,
  ): void
  normalize(
    x: Floats, out: Floats, scales: Floats, rows: number, width: number, epsilon: number, isCentred: Flag,
  ): void
  normalizeGradient(
    dy: Floats, y: Floats, scales: Floats, dx: Floats, rows: number, width: number, isCentred: Flag,
  ): void
  attend(
    q: Floats, kv: Floats, z: Floats, pattern: Floats,
    batch: number, queries: number, keys: number, heads: number, width: number, scale: number,
    at: Int32Array | null, mask: Floats | null, rows: number, places: Int32Array | null,
  ): void
  attendGradient(
    dz: Floats, q: Floats, kv: Floats, pattern: Floats, dq: Floats, dkv: Floats,
    batch: number, queries: number, keys: number, heads: number, width: number, scale: number,
    at: Int32Array | null, mask: Floats | null, rows: number, places: Int32Array | null,
  ): void
  /** Names of those this processor has, best first. */
  instructionSets(): string[]
  instructionSet(): string
  useInstructionSet(name: string): void
  threads(): number
  useThreads(count: number): void
  /** Bytes from the last cache line's start to the buffer's. */
  lineOffset(buffer: ArrayBuffer): number
}

const platform = `${process.platform}-${process.arch}`
const places = [join('resources', 'native', platform), join('build', 'native', platform)]

/** Loads the addon, with a thread for every core. The failure says why there is none and what would help. */
export function loadAddon(): Result<Addon, 'BACKEND_UNAVAILABLE'> {
  const named = process.env['GROKSCOPE_ADDON']
  if (named) return loadFrom(named)
  const root = findRoot()
  if (!root) return err('BACKEND_UNAVAILABLE', 'the program has no folder of its own to look for the addon in')
  for (const place of places) {
    const path = join(unpacked(root), place, 'grokscope.node')
    if (existsSync(path)) return loadFrom(path)
  }
  const reasonFile = join(root, places[1]!, 'reason.txt')
  const reason = existsSync(reasonFile) ? readFileSync(reasonFile, 'utf8').trim().split('\n')[0]! : 'it was not built yet'
  return err('BACKEND_UNAVAILABLE', `the addon is not there: ${reason}`)
}

function loadFrom(path: string): Result<Addon, 'BACKEND_UNAVAILABLE'> {
  try {
    const addon = createRequire(import.meta.url)(path) as Addon // built from addon/, whose functions these are
    if (addon.threads() === 1) addon.useThreads(availableParallelism())
    return ok(addon)
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return err('BACKEND_UNAVAILABLE', `the addon does not load: ${message.split('\n')[0]!}`)
  }
}

/** The nearest folder above this file with a package.json, whether it runs from sources or from a bundle. */
function findRoot(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder)
    if (above === folder) return undefined
    folder = above
  }
  return folder
}

/** Native libraries cannot be loaded from inside a packaged archive; the packager keeps them beside it. */
function unpacked(root: string): string {
  return root.replace(/app\.asar$/, 'app.asar.unpacked')
}
