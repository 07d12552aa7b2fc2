import { floatsOf, type NativeKernel } from './kernel'

function softmax(isLog: boolean): NativeKernel {
  return ({ backend, inputs, attrs }) => {
    const logits = inputs['logits']!
    const x = floatsOf(backend, logits)
    const axis = Number(attrs[isLog ? 'axis' : 'dim'] ?? -1)
    const isLast = axis === -1 || axis === logits.shape.length - 1
    if (!x || !isLast || logits.shape.length === 0 || x.length === 0) return undefined
    const columns = logits.shape.at(-1)!
    const { info, values } = backend.output<Float32Array>(logits.shape, 'float32')
    backend.addon.softmax(x, values, x.length / columns, columns, isLog ? 1 : 0)
    return info
  }
}

export const softmaxKernels: Readonly<Record<string, NativeKernel>> = { Softmax: softmax(false), LogSoftmax: softmax(true) }
