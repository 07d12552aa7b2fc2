/** Kernels that make one output element from one element of each operand. */
import { binaries, comparisons, unaries } from '../addon'
import { broadcast } from './broadcast'
import { floatsOf, type NativeKernel } from './kernel'

export function unary(name: (typeof unaries)[number]): NativeKernel {
  const operation = unaries.indexOf(name)
  return ({ backend, inputs, attrs }) => {
    const x = floatsOf(backend, inputs['x']!)
    if (!x) return undefined
    const { info, values } = backend.output<Float32Array>(inputs['x']!.shape, 'float32')
    backend.addon.unary(operation, x, values, Number(attrs['alpha'] ?? 0))
    return info
  }
}

export function binary(name: (typeof binaries)[number], left = 'a', right = 'b'): NativeKernel {
  const operation = binaries.indexOf(name)
  return ({ backend, inputs }) => {
    const a = floatsOf(backend, inputs[left]!)
    const b = floatsOf(backend, inputs[right]!)
    const plan = a && b && broadcast(inputs[left]!.shape, inputs[right]!.shape)
    if (!plan) return undefined
    const { info, values } = backend.output<Float32Array>(plan.shape, 'float32')
    backend.addon.binary(operation, plan.layout, a, b, values)
    return info
  }
}

export function comparison(name: (typeof comparisons)[number]): NativeKernel {
  const operation = comparisons.indexOf(name)
  return ({ backend, inputs }) => {
    const a = floatsOf(backend, inputs['a']!)
    const b = floatsOf(backend, inputs['b']!)
    const plan = a && b && broadcast(inputs['a']!.shape, inputs['b']!.shape)
    if (!plan) return undefined
    const { info, values } = backend.output<Uint8Array>(plan.shape, 'bool')
    backend.addon.compare(operation, plan.layout, a, b, values)
    return info
  }
}

export const elementwiseKernels: Readonly<Record<string, NativeKernel>> = {
  Neg: unary('negate'),
  Abs: unary('absolute'),
  Square: unary('square'),
  Sqrt: unary('root'),
  Rsqrt: unary('inverseRoot'),
  Reciprocal: unary('reciprocal'),
  Exp: unary('exponential'),
  Log: unary('logarithm'),
  Tanh: unary('tangent'),
  Sigmoid: unary('sigmoid'),
  Relu: unary('relu'),
  Step: unary('step'),
  Erf: unary('error'),
  Add: binary('add'),
  Sub: binary('subtract'),
  Multiply: binary('multiply'),
  RealDiv: binary('divide'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  SquaredDifference: binary('squaredDifference'),
  Equal: comparison('equal'),
  NotEqual: comparison('notEqual'),
  Greater: comparison('greater'),
  GreaterEqual: comparison('greaterEqual'),
  Less: comparison('less'),
  LessEqual: comparison('lessEqual'),
}
