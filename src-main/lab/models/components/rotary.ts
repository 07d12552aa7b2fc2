/**
 * Rotary positions: dimension i of the first half of a head and its partner in the second are turned by pos · base^(-2i / d_head).
 *
 *   (x_i, x_{i + d/2}) -> (x_i cos - x_{i + d/2} sin, x_{i + d/2} cos + x_i sin)
 *
 * An odd last dimension stays as it is. Source: arXiv:2104.09864 §3.4.2; the pairing by halves is that of GPT-NeoX and LLaMA.
 */
import { tf, type Tensor } from '../../../engine/tf'

interface Rotation {
  readonly base: number
  readonly d_head: number
}

/** x [batch, pos, head, d_head]; `at` are the positions of its second axis, 0 upwards when undefined. */
export function rotated(x: Tensor, at: Int32Array | undefined, { base, d_head }: Rotation): Tensor {
  const half = Math.floor(d_head / 2)
  const count = x.shape[1]!
  const angles = new Float32Array(count * half)
  for (let pos = 0; pos < count; pos++) {
    for (let i = 0; i < half; i++) angles[pos * half + i] = (at?.[pos] ?? pos) * base ** ((-2 * i) / d_head)
  }
  const angle = tf.tensor3d(angles, [count, 1, half])                               // [pos, 1, half]
  const [first, second, rest] = tf.split(x, [half, half, d_head - 2 * half], 3) as [Tensor, Tensor, Tensor]
  const turned = [
    first.mul(angle.cos()).sub(second.mul(angle.sin())),
    second.mul(angle.cos()).add(first.mul(angle.sin())),
  ]
  return tf.concat(d_head % 2 === 0 ? turned : [...turned, rest], 3)
}
