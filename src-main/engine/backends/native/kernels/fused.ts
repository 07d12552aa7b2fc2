/** Kernels of the fused operations in engine/ops, which run composed on backends without them. */
import { binary, unary } from './elementwise'
import { floatsOf, intsOf, type KernelCall, type NativeKernel, type TensorInfo } from './kernel'

const embeddingSum: NativeKernel = ({ backend, inputs }) => {
  const table = floatsOf(backend, inputs['table']!)
  const tokens = intsOf(backend, inputs['tokens']!)
  if (!table || !tokens) return undefined
  const [positions, vocabulary, width] = inputs['table']!.shape as [number, number, number]
  const batch = inputs['tokens']!.shape[0]!
  const { info, values } = backend.output<Float32Array>([batch, width], 'float32')
  backend.addon.embeddingSum(table, tokens, values, batch, positions, vocabulary, width)
  return info
}

const embeddingSumGradient: NativeKernel = ({ backend, inputs, attrs }) => {
  const dy = floatsOf(backend, inputs['dy']!)
  const tokens = intsOf(backend, inputs['tokens']!)
  if (!dy || !tokens) return undefined
  const [batch, positions] = inputs['tokens']!.shape as [number, number]
  const vocabulary = Number(attrs['d_vocab'])
  const width = inputs['dy']!.shape[1]!
  const { info, values } = backend.output<Float32Array>([positions, vocabulary, width], 'float32')
  backend.addon.embeddingScatter(dy, tokens, values, batch, positions, vocabulary, width, 1)
  return info
}

/** The mean loss and its gradient with respect to the logits, from one pass. */
function loss(name: 'crossEntropy' | 'crossEntropyInDouble' | 'oneHotError'): NativeKernel {
  return ({ backend, inputs }) => {
    const logits = floatsOf(backend, inputs['logits']!)
    const labels = intsOf(backend, inputs['labels']!)
    if (!logits || !labels) return undefined
    const [rows, columns] = inputs['logits']!.shape as [number, number]
    const value = backend.output<Float32Array>([], 'float32')
    const gradient = backend.output<Float32Array>([rows, columns], 'float32')
    backend.addon[name](logits, labels, value.values, gradient.values, rows, columns)
    return [value.info, gradient.info]
  }
}

/** Parameter, m and v after the step, of one parameter after the other. */
const adamSteps: NativeKernel = ({ backend, inputs, attrs }) => {
  const arrays: Float32Array[] = []
  const infos: TensorInfo[] = []
  for (let i = 0; i < Number(attrs['count']); i++) {
    const names = [`param${i}`, `grad${i}`, `m${i}`, `v${i}`]
    const given = names.map((name) => floatsOf(backend, inputs[name]!))
    const size = given[0]?.length
    if (given.some((array) => array?.length !== size)) {
      throw new Error(`parameter ${i} of an Adam step has a gradient or average of another size or type`)
    }
    const made = [0, 1, 2].map(() => backend.output<Float32Array>(inputs[`param${i}`]!.shape, 'float32'))
    arrays.push(...(given as Float32Array[]), ...made.map(({ values }) => values))
    infos.push(...made.map(({ info }) => info))
  }
  const setting = (name: string): number => Number(attrs[name])
  const step = setting('step')
  backend.addon.adam(
    arrays,
    setting('learningRate'), setting('beta1'), setting('beta2'), setting('epsilon'), setting('decay'),
    1 / (1 - setting('beta1') ** step), 1 / Math.sqrt(1 - setting('beta2') ** step),
  )
  return infos
}

/** Normalized rows and the scale of each. */
const normalize: NativeKernel = ({ backend, inputs, attrs }) => {
  const x = floatsOf(backend, inputs['x']!)
  if (!x) return undefined
  const { shape } = inputs['x']!
  const width = shape.at(-1)!
  const out = backend.output<Float32Array>(shape, 'float32')
  const scales = backend.output<Float32Array>([...shape.slice(0, -1), 1], 'float32')
  const rows = scales.values.length
  backend.addon.normalize(x, out.values, scales.values, rows, width, Number(attrs['epsilon']), attrs['isCentred'] ? 1 : 0)
  return [out.info, scales.info]
}

const normalizeGradient: NativeKernel = ({ backend, inputs, attrs }) => {
  const [dy, y, scales] = ['dy', 'y', 'scales'].map((name) => floatsOf(backend, inputs[name]!))
  if (!dy || !y || !scales) return undefined
  const { shape } = inputs['y']!
  const { info, values } = backend.output<Float32Array>(shape, 'float32')
  backend.addon.normalizeGradient(dy, y, scales, values, scales.length, shape.at(-1)!, attrs['isCentred'] ? 1 : 0)
  return info
}

interface AttentionArrays {
  readonly q: Float32Array
  readonly kv: Float32Array
  /** The arguments the addon takes behind the arrays. */
  readonly shape: readonly [
    number, number, number, number, number, number, Int32Array | null, Float32Array | null, number, Int32Array | null,
  ]
  readonly patternShape: readonly number[]
}

function attentionArrays({ backend, inputs, attrs }: KernelCall): AttentionArrays | undefined {
  const q = floatsOf(backend, inputs['q']!)
  const kv = floatsOf(backend, inputs['kv']!)
  const at = inputs['at'] ? intsOf(backend, inputs['at']) : null
  const mask = inputs['mask'] ? floatsOf(backend, inputs['mask']) : null
  const places = inputs['places'] ? intsOf(backend, inputs['places']) : null
  if (!q || !kv || at === undefined || mask === undefined || places === undefined) return undefined
  const [batch, queries, heads, width] = inputs['q']!.shape as [number, number, number, number]
  const keys = (inputs['places'] ?? inputs['kv']!).shape[1]!
  const rows = places ? inputs['kv']!.shape[0]! : 0
  const shape = [batch, queries, keys, heads, width, Number(attrs['scale']), at, mask, rows, places] as const
  return { q, kv, shape, patternShape: [batch, heads, queries, keys] }
}

/** z and the pattern. */
const attend: NativeKernel = (call) => {
  const arrays = attentionArrays(call)
  if (!arrays) return undefined
  const z = call.backend.output<Float32Array>(call.inputs['q']!.shape, 'float32')
  const pattern = call.backend.output<Float32Array>(arrays.patternShape, 'float32')
  call.backend.addon.attend(arrays.q, arrays.kv, z.values, pattern.values, ...arrays.shape)
  return [z.info, pattern.info]
}

/** dq and dkv. */
const attendGradient: NativeKernel = (call) => {
  const { backend, inputs } = call
  const arrays = attentionArrays(call)
  const dz = floatsOf(backend, inputs['dz']!)
  const pattern = floatsOf(backend, inputs['pattern']!)
  if (!arrays || !dz || !pattern) return undefined
  const dq = backend.output<Float32Array>(inputs['q']!.shape, 'float32')
  const dkv = backend.output<Float32Array>(inputs['kv']!.shape, 'float32')
  backend.addon.attendGradient(dz, arrays.q, arrays.kv, pattern, dq.values, dkv.values, ...arrays.shape)
  return [dq.info, dkv.info]
}

export const fusedKernels: Readonly<Record<string, NativeKernel>> = {
  EmbeddingSum: embeddingSum,
  EmbeddingSumGradient: embeddingSumGradient,
  SoftmaxCrossEntropy: loss('crossEntropy'),
  OneHotError: loss('oneHotError'),
  AdamSteps: adamSteps,
  SoftmaxCrossEntropyInDouble: loss('crossEntropyInDouble'),
  Normalize: normalize,
  NormalizeGradient: normalizeGradient,
  Attend: attend,
  AttendGradient: attendGradient,
  Gelu: unary('gelu'),
  GeluTanh: unary('geluTanh'),
  Silu: unary('silu'),
  ReluGradient: binary('reluGradient', 'dy', 'x'),
  GeluGradient: binary('geluGradient', 'dy', 'x'),
  GeluTanhGradient: binary('geluTanhGradient', 'dy', 'x'),
  SiluGradient: binary('siluGradient', 'dy', 'x'),
  SquareGradient: binary('squareGradient', 'dy', 'x'),
}
