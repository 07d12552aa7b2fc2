/**
 * A network in training on the backend: its parameters, buffers and optimizer slots as tensors, and one step.
 *
 * A step is forward, backward, update. Nothing is replaced before the loss is known to be finite, so the state after a
 * failed step is the state before it. Tensors are replaced, never changed in place; a snapshot read earlier stays valid.
 *
 * Under a mask, weights that are masked are zero, bit for bit, at every step, and so is their optimizer state: they start
 * so, the optimizer sees a zero gradient for them, and what it makes of them is zero again: by itself, or chosen so where
 * it divides zero by zero. These are choices and not products, which would let a gradient that is not finite through. What
 * is left is the network without these weights.
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

/** `mask` holds 1 where a weight is trained and 0 where it is masked; a parameter that it does not name is trained whole. */
export function createLearner(setup: Setup, state: TrainingState, mask: ArraysByName = {}): Learner {
  const { model, optimizer, loss } = setup
  // Settings in a setup were checked against the fields of what they are handed to.
  const modelSettings = setup.modelSettings as never
  const optimizerSettings = setup.optimizerSettings as never
  const lossSettings = setup.lossSettings as never
  const axes = axesOf(state)
  const params = upload(masked(state.params, mask))
  const buffers = upload(state.buffers)
  const slots = uploadSlots()
  const names = [...params.keys()]
  const isKept = uploadMask(mask, state.params)
  const zeros = new Map([...isKept].map(([name, { shape }]) => [name, tf.zeros(shape)]))
  const staysZero = isKept.size === 0 || leavesZero(setup)
  const rng = createRng(state.rng)
  const { scoredPositions, d_vocab_out } = setup.dataset
  const scored = { positions: Int32Array.from(scoredPositions), count: scoredPositions.length }

  function uploadSlots(): Tensors {
    const stored = upload(masked(state.slots, mask))
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
    const { value, grads } = tf.valueAndGrads(objective as never)([...params.values()]) as { value: Scalar; grads: Tensor[] }
    return { value, grads: grads.map((grad, i) => keptOf(names[i]!, grad)) }
  }

  /** The tensor with zeros at masked weights. */
  function keptOf(name: string, tensor: Tensor): Tensor {
    const kept = isKept.get(name)
    return kept ? tf.where(kept, tensor, zeros.get(name)!) : tensor
  }

  function update(grads: readonly Tensor[], step: number): void {
    const all = names.map((name, i) => {
      const before = Object.fromEntries(optimizer.slots.map((slot) => [slot, slots.get(`${slot}/${name}`)!]))
      return { param: params.get(name)!, grad: grads[i]!, slots: before, step }
    })
    updateAll(optimizer, optimizerSettings, all).forEach((after, i) => {
      replace(params, names[i]!, staysZero ? after.param : keptOf(names[i]!, after.param))
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
    dispose: () => tf.dispose([...params.values(), ...buffers.values(), ...slots.values(), ...isKept.values(), ...zeros.values()]),
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

/** The arrays, parameters or slots of them, with zeros where the mask of their parameter has. */
function masked(arrays: ArraysByName, mask: ArraysByName): ArraysByName {
  const entries = Object.entries(arrays).map(([name, array]): [string, FloatArray] => {
    const kept = mask[parameterOf(name)]
    return [name, kept ? { ...array, data: array.data.map((value, i) => (kept.data[i] === 0 ? 0 : value)) } : array]
  })
  return Object.fromEntries(entries)
}

/** Whether the optimizer leaves a weight of zero at zero where gradient and slots are; one without an epsilon makes NaN of it. */
function leavesZero({ optimizer, optimizerSettings }: Setup): boolean {
  return scoped(() => {
    const zero = (): Tensor => tf.zeros([1])
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, zero()]))
    const { param } = optimizer.update(optimizerSettings as never, { param: zero(), grad: zero(), slots, step: 1 }) // settings were checked
    return Object.is(param.dataSync()[0], 0)
  })
}

function uploadMask(mask: ArraysByName, params: ArraysByName): Tensors {
  const entries = Object.entries(mask).map(([name, { data, shape }]): [string, Tensor] => {
    const wanted = params[name]?.shape
    assert(wanted?.join() === shape.join(), `the mask of '${name}' has shape [${shape}]; the network's is [${wanted ?? 'none'}]`)
    return [name, tf.tensor(Uint8Array.from(data), [...shape], 'bool')]
  })
  return new Map(entries)
}

/** `W_in` of the slot `m/W_in`. */
const parameterOf = (name: string): string => name.replace(/^.*\//, '')

function upload(arrays: ArraysByName): Tensors {
  return new Map(Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')]))
}

function download(tensors: Tensors, axes: ReadonlyMap<string, readonly string[]>): ArraysByName {
  const read = ([name, tensor]: [string, Tensor]): [string, FloatArray] => {
    // A copy: a backend may hand out the memory it computes in.
    const data = (tensor.dataSync() as Float32Array).slice()
    return [name, namedArray(axes.get(parameterOf(name))!, tensor.shape, data)]
  }
  return Object.fromEntries([...tensors].map(read))
}

/** Axis names by parameter; a slot has those of its parameter. */
function axesOf({ params, buffers }: TrainingState): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries({ ...params, ...buffers }).map(([name, array]) => [name, array.axes]))
}
