import { number, type NumberField } from '../../../base/settings'

/** The settings that Adam and AdamW share; they differ in two defaults and in what weight decay means. */
export function momentFields(defaults: { readonly learningRate: number; readonly beta2: number }): Readonly<
  Record<'learningRate' | 'beta1' | 'beta2' | 'epsilon', NumberField>
> {
  return {
    learningRate: number({
      title: 'Learning rate',
      help: 'Size of a step. Adam moves each weight by about this much.',
      default: defaults.learningRate,
      min: 0,
      max: 10,
    }),
    beta1: number({
      title: 'Beta 1',
      help: 'Memory of the gradient average: about 1 / (1 − beta 1) steps.',
      default: 0.9,
      min: 0,
      max: 0.9999,
    }),
    beta2: number({
      title: 'Beta 2',
      help: 'Memory of the squared gradient average: about 1 / (1 − beta 2) steps.',
      default: defaults.beta2,
      min: 0,
      max: 0.99999,
    }),
    epsilon: number({
      title: 'Epsilon',
      help: 'Added to the root of the squared average. Limits the step where gradients are tiny.',
      default: 1e-8,
      min: 0,
      max: 1,
    }),
  }
}
