/**
 * A model bound to weights, and the two verbs of interpretability: run it, and run it while recording or replacing
 * activations. Weights are plain arrays; they are uploaded once and freed by `dispose`.
 */
import { assert } from '../../base/assert'
import { createRng } from '../../base/rng'
import type { SettingValues } from '../../base/settings'
import { tf, type Tensor } from '../../engine/tf'
import type { ArraysByName, Dimensions, Model } from './model'

/** Takes an activation and returns what takes its place; returning it unchanged changes nothing. */
export type HookFunction = (activation: Tensor) => Tensor
export type Hooks = Readonly<Record<string, HookFunction>>

export interface Network {
  readonly model: Model
  readonly settings: SettingValues
  readonly dims: Dimensions
  /** Parameters and buffers as stored. */
  readonly arrays: ArraysByName
  /** Logits [batch, d_vocab_out] in evaluation mode; the caller disposes them. Tokens are row-major [batch, pos]. */
  run(tokens: Int32Array, hooks?: Hooks): Tensor
  /** Logits, and the activations of the named hook points; the caller disposes all of them. */
  record(tokens: Int32Array, names: readonly string[]): { logits: Tensor; cache: ReadonlyMap<string, Tensor> }
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
  const known = new Set(model.hookPoints(settings as never, dims).map(({ name }) => name)) // settings were checked

  function run(tokens: Int32Array, hooks: Hooks = {}): Tensor {
    for (const name of Object.keys(hooks)) assert(known.has(name), `model ${model.id} has no hook point '${name}'`)
    return tf.tidy(() =>
      model.forward(settings as never, {
        tokens: tf.tensor2d(tokens, [tokens.length / dims.n_ctx, dims.n_ctx], 'int32'),
        mode: 'eval',
        rng: createRng(0),
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
    run,
    record(tokens, names) {
      const cache = new Map<string, Tensor>()
      const hooks = names.map((name): [string, HookFunction] => [
        name,
        (activation) => {
          cache.set(name, tf.keep(activation.clone()))
          return activation
        },
      ])
      const logits = run(tokens, Object.fromEntries(hooks))
      return { logits, cache }
    },
    dispose() {
      for (const tensor of uploaded.values()) tensor.dispose()
      uploaded.clear()
    },
  }
}
