/**
 * A model bound to weights, and the two verbs of interpretability: run it, and run it while recording or replacing
 * activations. Weights are plain arrays; they are uploaded once and freed by `dispose`.
 */
import { assert } from '../../base/assert'
import { createRng } from '../../base/rng'
import type { SettingValues } from '../../base/settings'
import { tf, type Tensor } from '../../engine/tf'
import type { HookPoint } from './hook-point'
import type { ArraysByName, Dimensions, Entry, Model, Scored } from './model'

/** Sequences of a length of their own, some padded: what a model that answers at positions can be run on. */
export interface Sequences {
  /** [batch, pos], row-major. */
  readonly tokens: Int32Array
  /** Length of every sequence, padding included; at most n_ctx. */
  readonly length: number
  /** [batch, pos]: 1 for a token, 0 for padding. All are tokens when absent. */
  readonly mask?: Uint8Array
  /** Positions whose logits are wanted. All when absent. */
  readonly scored?: Scored
  /**
   * Starts at a hook point of the residual stream instead of the tokens, of which only the number then counts. What lies
   * before it is neither computed nor hooked.
   */
  readonly from?: Entry
}

/** Takes an activation and returns what takes its place; returning it unchanged changes nothing. */
export type HookFunction = (activation: Tensor) => Tensor
export type Hooks = Readonly<Record<string, HookFunction>>

export interface Network {
  readonly model: Model
  readonly settings: SettingValues
  readonly dims: Dimensions
  /** Parameters and buffers as stored. */
  readonly arrays: ArraysByName
  /** Every hook point of the model. */
  readonly hookPoints: readonly HookPoint[]
  /**
   * Logits in evaluation mode, of every position or those scored (model.ts has the axes); the caller disposes them.
   * Plain tokens are row-major [batch, n_ctx].
   */
  run(input: Int32Array | Sequences, hooks?: Hooks): Tensor
  /**
   * Logits, and the activations of the named hook points as they go on, after `hooks` replaced what they replace; the
   * caller disposes all of them.
   */
  record(
    input: Int32Array | Sequences,
    names: readonly string[],
    hooks?: Hooks,
  ): { logits: Tensor; cache: ReadonlyMap<string, Tensor> }
  dispose(): void
}

export function createNetwork(
  model: Model,
  settings: SettingValues,
  dims: Dimensions,
  arrays: ArraysByName,
): Network {
  const uploaded = new Map<string, Tensor>()
  for (const [name, { data, shape }] of Object.entries(arrays)) {
    uploaded.set(name, tf.tensor(data, shape as number[], 'float32'))
  }
  const hookPoints = model.hookPoints(settings as never, dims) // settings were checked
  const known = new Set(hookPoints.map(({ name }) => name))

  function run(input: Int32Array | Sequences, hooks: Hooks = {}): Tensor {
    const names = Object.keys(hooks)
    for (const name of names) assert(known.has(name), `model ${model.id} has no hook point '${name}'`)
    const { tokens, length, mask, scored, from } = sequencesOf(input, dims)
    assert(!from || known.has(from.hook), `model ${model.id} has no hook point '${from?.hook}' to start from`)
    const shape: [number, number] = [tokens.length / length, length]
    return tf.tidy(() =>
      model.forward(settings as never, {
        tokens: tf.tensor2d(tokens, shape, 'int32'),
        mode: 'eval',
        rng: createRng(0),
        ...(mask && { mask: tf.tensor2d(Float32Array.from(mask), shape) }),
        ...(scored && { scored }),
        ...(from && { from }),
        isPlain: names.length === 0,
        wants: (name) => name in hooks,
        param(name) {
          const tensor = uploaded.get(name)
          assert(tensor, `network has no parameter '${name}'; it has ${[...uploaded.keys()].join(', ')}`)
          return tensor
        },
        hook: (name, activation) => hooks[name]?.(activation) ?? activation,
        setBuffer: () => {},
      }),
    )
  }

  return {
    model,
    settings,
    dims,
    arrays,
    hookPoints,
    run,
    record(input, names, hooks = {}) {
      const cache = new Map<string, Tensor>()
      const recorders = names.map((name): [string, HookFunction] => [
        name,
        (activation) => {
          const passed = hooks[name]?.(activation) ?? activation
          cache.set(name, tf.keep(passed.clone()))
          return passed
        },
      ])
      const logits = run(input, { ...hooks, ...Object.fromEntries(recorders) })
      return { logits, cache }
    },
    dispose() {
      for (const tensor of uploaded.values()) tensor.dispose()
      uploaded.clear()
    },
  }
}

function sequencesOf(input: Int32Array | Sequences, { n_ctx }: Dimensions): Sequences {
  if (input instanceof Int32Array) return { tokens: input, length: n_ctx }
  const { tokens, length } = input
  assert(length >= 1 && length <= n_ctx, `sequences have length ${length}; this network takes 1 to ${n_ctx} positions`)
  assert(tokens.length % length === 0, `${tokens.length} tokens are no whole number of sequences of length ${length}`)
  return input
}
