/** Kernels of the fused operations in engine/ops, which run composed on backends without them. */
import { binary } from './elementwise'
import { floatsOf, intsOf, type NativeKernel } from './kernel'

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
function loss(name: 'crossEntropy' | 'oneHotError'): NativeKernel {
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

/** Parameter, m and v after the step. */
const adamStep: NativeKernel = ({ backend, inputs, attrs }) => {
  const names = ['param', 'grad', 'm', 'v'] as const
  const [param, grad, m, v] = names.map((name) => floatsOf(backend, inputs[name]!))
  if (!param || !grad || !m || !v) return undefined
  const shape = inputs['param']!.shape
  const [nextParam, nextM, nextV] = [0, 1, 2].map(() => backend.output<Float32Array>(shape, 'float32'))
  const setting = (name: string): number => Number(attrs[name])
  const step = setting('step')
  backend.addon.adam(
    param, grad, m, v, nextParam!.values, nextM!.values, nextV!.values,
    setting('learningRate'), setting('beta1'), setting('beta2'), setting('epsilon'), setting('decay'),
    1 / (1 - setting('beta1') ** step), 1 / Math.sqrt(1 - setting('beta2') ** step),
  )
  return [nextParam!.info, nextM!.info, nextV!.info]
}

export const fusedKernels: Readonly<Record<string, NativeKernel>> = {
  EmbeddingSum: embeddingSum,
  EmbeddingSumGradient: embeddingSumGradient,
  SoftmaxCrossEntropy: loss('crossEntropy'),
  OneHotError: loss('oneHotError'),
  AdamStep: adamStep,
  SquareGradient: binary('squareGradient', 'dy', 'x'),
}
