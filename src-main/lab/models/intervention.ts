/**
 * Interventions: changes to a forward pass at a site, and the second verb of interpretability beside recording.
 *
 *   patch(site, value)             a <- value                 activations of another run
 *   zeroAblate(site)               a <- 0
 *   meanAblate(site, reference)    a <- mean of reference over its batch
 *   resampleAblate(site, reference, rng)   a <- reference of another sequence, drawn without repetition
 *   scale(site, factor)            a <- factor · a
 *   add(site, direction)           a <- a + direction
 *
 * A site is a hook point and an index into it. What the index leaves open is meant as a whole: `{ hook, head: 3 }` is
 * head 3 at every position. Inside the site the new value replaces the old exactly (a · 0 + value · 1), outside nothing
 * changes. Several interventions at one hook point apply in their order.
 *
 * An intervention that changed nothing is told of (`unchanged`): a wrong site otherwise reads as a component without effect.
 * Source of the terms: arXiv:2404.15255 §2.
 */
import { assert } from '../../base/assert'
import type { Rng } from '../../base/rng'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { HookPoint } from './hook-point'
import type { HookFunction, Hooks, Network, Sequences } from './network'

export interface Site {
  readonly hook: string
  /** Index along `head`. */
  readonly head?: number
  /** Index along `pos` or `query_pos`: one for all sequences, or one for each. */
  readonly pos?: number | Int32Array
  /** Index along the last axis (`d_mlp`, `d_model`, `d_head`). */
  readonly neuron?: number
}

export interface Intervention {
  readonly site: Site
  readonly kind: 'patch' | 'zero-ablate' | 'mean-ablate' | 'resample-ablate' | 'scale' | 'add'
  /** What becomes of an activation [batch, …] if the site were all of it; broadcast against it. */
  readonly change: HookFunction
}

/** `value` has the activation's shape, or broadcasts to it. It stays the caller's. */
export const patch = (site: Site, value: Tensor): Intervention => ({ site, kind: 'patch', change: () => value })

export const zeroAblate = (site: Site): Intervention => ({ site, kind: 'zero-ablate', change: (x) => tf.zerosLike(x) })

/** `reference` holds activations of the same hook point over any number of sequences of the same length. */
export function meanAblate(site: Site, reference: Tensor): Intervention {
  return { site, kind: 'mean-ablate', change: () => reference.mean(0, true) }
}

export function resampleAblate(site: Site, reference: Tensor, rng: Rng): Intervention {
  const order = rng.permutation(reference.shape[0]!)
  const change: HookFunction = (x) => {
    const count = x.shape[0]!
    assert(count <= order.length, `resampling ${count} sequences needs as many to draw from; there are ${order.length}`)
    return tf.gather(reference, tf.tensor1d(order.subarray(0, count), 'int32'))
  }
  return { site, kind: 'resample-ablate', change }
}

export const scale = (site: Site, factor: number): Intervention => ({ site, kind: 'scale', change: (x) => x.mul(factor) })

/** `direction` broadcasts against the activation: [d_model] for the residual stream. */
export const add = (site: Site, direction: Tensor): Intervention => ({ site, kind: 'add', change: (x) => x.add(direction) })

/** Hooks that apply the interventions. `onChange` hears of each the largest absolute difference it made, in every run. */
export function hooksFor(
  network: Network,
  interventions: readonly Intervention[],
  onChange?: (intervention: Intervention, largest: number) => void,
): Hooks {
  const hooks: Record<string, HookFunction> = {}
  for (const intervention of interventions) {
    const { site } = intervention
    const point = network.hookPoints.find(({ name }) => name === site.hook)
    assert(point, `model ${network.model.id} has no hook point '${site.hook}'`)
    const before = hooks[site.hook]
    hooks[site.hook] = (activation) => {
      const given = before?.(activation) ?? activation
      const changed = applied(given, point, intervention)
      if (onChange) onChange(intervention, scoped(() => changed.sub(given).abs().max().dataSync()[0]!))
      return changed
    }
  }
  return hooks
}

/** Logits under the interventions, and those of them that changed no activation. The caller disposes the logits. */
export function runWith(
  network: Network,
  input: Int32Array | Sequences,
  interventions: readonly Intervention[],
): { readonly logits: Tensor; readonly unchanged: readonly Intervention[] } {
  const unchanged: Intervention[] = []
  const hooks = hooksFor(network, interventions, (intervention, largest) => {
    if (largest === 0) unchanged.push(intervention)
  })
  return { logits: network.run(input, hooks), unchanged }
}

function applied(activation: Tensor, point: HookPoint, { site, change }: Intervention): Tensor {
  const inside = maskOf(site, point, activation.shape) ?? tf.scalar(1)
  return activation.mul(tf.sub(1, inside)).add(change(activation).mul(inside))
}

/** 1 inside the site, 0 outside, broadcastable to the activation; undefined when the site is all of it. */
function maskOf({ head, pos, neuron }: Site, { name, axes }: HookPoint, shape: readonly number[]): Tensor | undefined {
  const indices = axes.map((axis, i): number | Int32Array | undefined => {
    if (axis === 'head') return head
    if (axis === 'pos' || axis === 'query_pos') return pos
    return i === axes.length - 1 ? neuron : undefined
  })
  const isUsed = (index: unknown): boolean => index === undefined || indices.includes(index as never)
  assert(isUsed(head) && isUsed(pos) && isUsed(neuron), `hook point '${name}' has axes ${axes.join(', ')}; the site indexes another`)
  const masks = indices.flatMap((index, axis) => (index === undefined ? [] : [axisMask(index, axis, shape)]))
  return masks.length === 0 ? undefined : masks.reduce((product, mask) => product.mul(mask))
}

function axisMask(index: number | Int32Array, axis: number, shape: readonly number[]): Tensor {
  const length = shape[axis]!
  const perSequence = typeof index === 'number' ? Int32Array.of(index) : index
  const beyond = perSequence.find((at) => at < 0 || at >= length)
  assert(beyond === undefined, `index ${beyond} is outside axis ${axis} of length ${length}`)
  const batch = perSequence.length
  const values = new Float32Array(batch * length)
  perSequence.forEach((at, row) => void (values[row * length + at] = 1))
  const form = shape.map((_, i) => (i === axis ? length : i === 0 ? batch : 1))
  return tf.tensor(values, form)
}
