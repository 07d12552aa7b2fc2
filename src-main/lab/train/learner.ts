/**
 * A network in training on the backend: its parameters, buffers and optimizer slots as tensors, and one step.
 *
 * A step is forward, backward, update. Nothing is replaced before the loss is known to be finite, so the state after a
 * failed step is the state before it. Tensors are replaced, never changed in place; a snapshot read earlier stays valid.
 */
import { assert } from '../../base/assert'
import { namedArray, type FloatArray } from '../../base/array'
import type { Disposable } from '../../base/disposable'
import { createRng, type RngState } from '../../base/rng'
import { scoped, tf, type Scalar, type Tensor } from '../../engine/tf'
import type { ArraysByName, Forward } from '../models/model'
import { updateAll } from '../optimizers/optimizer'
import type { Activation } from '../probes/probe'
import type { Batch } from './batches'
import type { Setup } from './setup'
import type { TrainingState } from './training-state'

export interface StepOutcome {
  /** Mean loss over the batch, before the update. */
  readonly loss: number
  /** L2 norm over all gradients; only when asked for. */
  readonly gradientNorm: number | undefined
}

export interface Learner extends Disposable {
  /** `step` counts from 1. With a non-finite loss nothing changes. */
  learn(batch: Batch, step: number, options: { readonly wantsGradientNorm: boolean }): StepOutcome
  /** Logits [batch · scored, d_vocab_out] in evaluation mode. */
  logitsOf(tokens: Tensor): Tensor
  /** Activations at hook points, by name, on tokens [batch, n_ctx], in evaluation mode. */
  record(tokens: Int32Array, names: readonly string[]): Readonly<Record<string, Activation>>
  params(): ArraysByName
  snapshot(): Pick<TrainingState, 'params' | 'buffers' | 'slots' | 'rng'>
  /** The first activation of the batch's forward pass that holds a non-finite value, or what else is not finite. */
  firstNonFinite(batch: Batch): string
}

type Tensors = Map<string, Tensor>

export function createLearner(setup: Setup, state: TrainingState): Learner {
  const { model, optimizer, loss } = setup
  // Settings in a setup were checked against the fields of what they are handed to.
  const modelSettings = setup.modelSettings as never
  const optimizerSettings = setup.optimizerSettings as never
  const lossSettings = setup.lossSettings as never
  const axes = axesOf(state)
  const params = upload(state.params)
  const buffers = upload(state.buffers)
  const slots = uploadSlots()
  const names = [...params.keys()]
  const rng = createRng(state.rng)
  const { scoredPositions, d_vocab_out } = setup.dataset
  const scored = { positions: Int32Array.from(scoredPositions), count: scoredPositions.length }

  function uploadSlots(): Tensors {
    const stored = upload(state.slots)
    for (const slot of optimizer.slots) {
      for (const [name, { shape }] of Object.entries(state.params)) {
        const key = `${slot}/${name}`
        assert(state.step === 0 || stored.has(key), `a state at step ${state.step} lacks optimizer slot '${key}'`)
        if (!stored.has(key)) stored.set(key, tf.zeros([...shape]))
      }
    }
    return stored
  }

  /** Logits of every place: [batch · scored, d_vocab_out]. */
  function forward(values: ReadonlyMap<string, Tensor>, tokens: Tensor, over: Partial<Forward>): Tensor {
    const logits = model.forward(modelSettings, {
      tokens,
      mode: 'eval',
      rng,
      scored,
      isPlain: true,
      wants: () => false,
      hook: (_name, activation) => activation,
      setBuffer: () => {},
      param(name) {
        const tensor = values.get(name) ?? buffers.get(name)
        assert(tensor, `model ${model.id} has no parameter or buffer '${name}'; it has ${names.join(', ')}`)
        return tensor
      },
      ...over,
    })
    return logits.rank === 2 ? logits : logits.reshape([-1, d_vocab_out])
  }

  /** Loss and gradients; renewed buffers go to `renewed`, kept. */
  function differentiate(batch: Batch, renewed: Tensors): { value: Scalar; grads: Tensor[] } {
    const objective = (...tensors: Tensor[]): Scalar => {
      const values = new Map(names.map((name, i) => [name, tensors[i]!]))
      const logits = forward(values, batch.tokens, {
        mode: 'train',
        setBuffer: (name, value) => void renewed.set(name, tf.keep(value)),
      })
      return loss.measure(lossSettings, logits, batch.labels)
    }
    return tf.valueAndGrads(objective as never)([...params.values()]) as { value: Scalar; grads: Tensor[] }
  }

  function update(grads: readonly Tensor[], step: number): void {
    const all = names.map((name, i) => {
      const before = Object.fromEntries(optimizer.slots.map((slot) => [slot, slots.get(`${slot}/${name}`)!]))
      return { param: params.get(name)!, grad: grads[i]!, slots: before, step }
    })
    updateAll(optimizer, optimizerSettings, all).forEach((after, i) => {
      replace(params, names[i]!, after.param)
      for (const slot of optimizer.slots) replace(slots, `${slot}/${names[i]!}`, after.slots[slot]!)
    })
  }

  return {
    learn(batch, step, { wantsGradientNorm }) {
      const renewed: Tensors = new Map()
      return scoped(() => {
        const { value, grads } = differentiate(batch, renewed)
        const lossValue = value.dataSync()[0]!
        const isGood = Number.isFinite(lossValue)
        if (isGood) update(grads, step)
        for (const [name, value] of renewed) {
          if (isGood) replace(buffers, name, value)
          value.dispose()
        }
        return { loss: lossValue, gradientNorm: isGood && wantsGradientNorm ? normOf(grads) : undefined }
      })
    },
    logitsOf: (tokens) => forward(params, tokens, {}),
    record(tokens, names) {
      const found: Record<string, Activation> = {}
      const { n_ctx } = setup.dataset
      scoped(() =>
        forward(params, tf.tensor2d(tokens, [tokens.length / n_ctx, n_ctx], 'int32'), {
          isPlain: false,
          wants: (name) => names.includes(name),
          hook(name, activation) {
            if (names.includes(name)) found[name] = read(activation)
            return activation
          },
        }),
      )
      return found
    },
    params: () => download(params, axes),
    snapshot: () => ({
      params: download(params, axes),
      buffers: download(buffers, axes),
      slots: download(slots, axes),
      rng: rng.state(),
    }),
    firstNonFinite: (batch) => {
      const bad = names.find((name) => !isFinite(params.get(name)!))
      if (bad) return `parameter ${bad}`
      return firstBadActivation((over) => scoped(() => void forward(params, batch.tokens, over)), rng.state())
    },
    dispose: () => tf.dispose([...params.values(), ...buffers.values(), ...slots.values()]),
  }
}

function firstBadActivation(run: (over: Partial<Forward>) => void, rngState: RngState): string {
  let bad: string | undefined
  run({
    mode: 'train',
    isPlain: false,
    // A copy of the generator: looking for the fault draws nothing from the run's own.
    rng: createRng(rngState),
    hook(name, activation) {
      if (!bad && !isFinite(activation)) bad = name
      return activation
    },
  })
  return bad ?? 'the loss itself'
}

/** A copy: a backend may hand out the memory it computes in. */
function read(tensor: Tensor): Activation {
  return { shape: tensor.shape, values: (tensor.dataSync() as Float32Array).slice() }
}

function isFinite(tensor: Tensor): boolean {
  return scoped(() => tensor.isFinite().all().dataSync()[0] === 1)
}

function normOf(grads: readonly Tensor[]): number {
  let square = 0
  for (const grad of grads) square += scoped(() => grad.square().sum().dataSync()[0]!)
  return Math.sqrt(square)
}

function replace(tensors: Tensors, name: string, value: Tensor): void {
  // A kept clone outlives the step's tidy and the inputs it may share memory with.
  const kept = tf.keep(value.clone())
  tensors.get(name)?.dispose()
  tensors.set(name, kept)
}

function upload(arrays: ArraysByName): Tensors {
  return new Map(Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')]))
}

function download(tensors: Tensors, axes: ReadonlyMap<string, readonly string[]>): ArraysByName {
  const read = ([name, tensor]: [string, Tensor]): [string, FloatArray] => {
    // A copy: a backend may hand out the memory it computes in.
    const data = (tensor.dataSync() as Float32Array).slice()
    return [name, namedArray(axes.get(name.replace(/^.*\//, ''))!, tensor.shape, data)]
  }
  return Object.fromEntries([...tensors].map(read))
}

/** Axis names by parameter; a slot has those of its parameter. */
function axesOf({ params, buffers }: TrainingState): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries({ ...params, ...buffers }).map(([name, array]) => [name, array.axes]))
}
