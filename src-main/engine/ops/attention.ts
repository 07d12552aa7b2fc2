/**
 * Attention of several heads from projected queries, keys and values, with the softmax inside.
 *
 *   z[b, i, h] = sum_j p[b, h, i, j] v[b, j, h],   p = softmax_j( q[b, i, h] · k[b, j, h] / scale )
 *
 * Queries may be fewer than keys: with those of the scored positions alone, z is made there and nowhere else. A query at
 * position `at[i]` sees keys up to its own position; without `at` it sees all. Keys whose mask is 0 are seen by none. A
 * hidden key scores -1e30, so that a query with nothing to see gets a uniform pattern and not NaN, and gradients stop there.
 *
 * Backends with a kernel Attend run it for up to `mostFusedKeys` keys, where the products are too small to be worth
 * transposes; longer sequences are two batched products either way, and so is a second derivative.
 *
 * Where many keys are alike (a first layer without a norm has as many as tokens and positions), kv may be a table of the
 * distinct rows, and `places` say which row each key has. The gradient is then the table's.
 *
 * Axes: q [batch, query_pos, head, d_head], kv [batch, key_pos, 2 · head · d_head] (every head's key, then every head's
 * value) or [row, 2 · head · d_head], places [batch, key_pos] int32, at [query_pos] int32, mask [batch, key_pos], z as q.
 * Source: arXiv:1706.03762 §3.2.
 */
import { assert } from '../../base/assert'
import { tf, type Tensor } from '../tf'
import { runFused } from './array-kernel'
import { embeddingSum } from './embedding-sum'
import { isDifferentiatedTwice, softmax } from './second-derivative'

export interface AttentionInputs {
  readonly q: Tensor
  readonly kv: Tensor
  readonly places?: Tensor
  readonly at?: Tensor
  readonly mask?: Tensor
}

const forbidden = -1e30
const mostFusedKeys = 64

export function attend(inputs: AttentionInputs, scale: number): Tensor {
  checkInputs(inputs)
  const hasKernel = tf.getKernel('Attend', tf.getBackend()) !== undefined
  const keys = (inputs.places ?? inputs.kv).shape[1]!
  if (!hasKernel || isDifferentiatedTwice() || keys > mostFusedKeys || inputs.q.size === 0) return composedAttend(inputs, scale)
  const { places, at, mask } = inputs
  const constants = Object.entries({ places, at, mask }).filter(([, tensor]) => tensor) as [string, Tensor][]
  const op = tf.customGrad((...given) => {
    const [q, kv, save] = given as unknown as [Tensor, Tensor, (tensors: Tensor[]) => void] // as tf.customGrad calls
    const [z, pattern] = runFused('Attend', { q, kv, ...Object.fromEntries(constants) }, { scale }) as [Tensor, Tensor]
    save([q, kv, pattern, ...constants.map(([, tensor]) => tensor)])
    return {
      value: z,
      gradFunc: (dz: Tensor, kept: Tensor[]) => {
        const [keptQ, keptKv, keptPattern, ...rest] = kept as [Tensor, Tensor, Tensor, ...Tensor[]]
        const named = Object.fromEntries(constants.map(([name], i) => [name, rest[i]!]))
        return runFused('AttendGradient', { dz, q: keptQ, kv: keptKv, pattern: keptPattern, ...named }, { scale })!
      },
    }
  })
  return op(inputs.q, inputs.kv)
}

export function composedAttend({ q, kv: given, places, at, mask }: AttentionInputs, scale: number): Tensor {
  const kv = places ? rowsAt(given, places) : given                                  // [batch, key_pos, 2 · head · d_head]
  const [batch, , heads, width] = q.shape as [number, number, number, number]
  const keys = kv.shape[1]!
  const [k, v] = tf.unstack(kv.reshape([batch, keys, 2, heads, width]), 2) as [Tensor, Tensor] // [batch, key_pos, head, d_head]
  const scores = tf.matMul(q.transpose([0, 2, 1, 3]), k.transpose([0, 2, 1, 3]), false, true).div(scale)
  const seen = seenKeys({ at, mask }, keys)
  const shown = seen ? scores.mul(seen).add(seen.sub(1).mul(-forbidden)) : scores     // [batch, head, query_pos, key_pos]
  return tf.matMul(softmax(shown), v.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3])
}

function rowsAt(table: Tensor, places: Tensor): Tensor {
  return embeddingSum(table.expandDims(0), places.reshape([-1, 1])).reshape([...places.shape, -1])
}

/** 1 where a key is seen, 0 where not, to be broadcast over [batch, head, query_pos, key_pos]. */
function seenKeys({ at, mask }: Pick<AttentionInputs, 'at' | 'mask'>, keys: number): Tensor | undefined {
  const causal = at && tf.range(0, keys, 1, 'int32').lessEqual(at.expandDims(1)).cast('float32') // [query_pos, key_pos]
  const unpadded = mask && mask.notEqual(0).cast('float32').reshape([mask.shape[0]!, 1, 1, keys])
  return causal && unpadded ? unpadded.mul(causal) : (causal ?? unpadded)
}

function checkInputs({ q, kv, places, at, mask }: AttentionInputs): void {
  const [batch, queries, heads, width] = q.shape as [number, number, number, number]
  const [keyBatch, keys] = (places ?? kv).shape as [number, number]
  const kvShape = places ? '[row, 2 · head · width]' : '[batch, key, 2 · head · width]'
  assert(
    q.rank === 4 && kv.rank === (places ? 2 : 3) && keyBatch === batch && kv.shape.at(-1) === 2 * heads * width && keys > 0,
    `attention needs q [batch, query, head, width] and kv ${kvShape}, got [${q.shape}] and [${kv.shape}]`,
  )
  assert(!places || (places.dtype === 'int32' && places.rank === 2), `attention needs int32 places [${batch}, key], got [${places?.shape}]`)
  assert(!at || (at.dtype === 'int32' && at.rank === 1 && at.shape[0] === queries), `attention needs int32 at [${queries}], got [${at?.shape}]`)
  assert(
    !mask || (mask.dtype === 'float32' && mask.rank === 2 && mask.shape[0] === batch && mask.shape[1] === keys),
    `attention needs a float32 mask [${batch}, ${keys}], got [${mask?.shape}]`,
  )
}
