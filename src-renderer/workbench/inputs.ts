/**
 * Which inputs the views of activations look at: one example, or many together. One store, so that the example chosen in
 * one view is that of the others; the split is the selection's.
 */
import type { Inputs } from '@contract/inputs'
import type { Split } from '@contract/runs'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { usePanelSelection } from './selection'

export type InputSource = 'examples' | 'repeated'

export const useInputs = defineStore('inputs', () => {
  const source = ref<InputSource>('examples')
  /** Place in the split, or the seed of a drawn sequence. */
  const example = ref(0)
  const isAveraged = ref(false)
  /** Examples that an average is over. */
  const averaged = ref(64)
  /** Examples of the split, as an answer told; undefined until then and for drawn sequences. */
  const available = ref<number>()
  return { source, example, isAveraged, averaged, available }
})

/** The inputs as the contract takes them. */
export function useChosenInputs() {
  const inputs = useInputs()
  const selection = usePanelSelection()
  const made = (count: number): Inputs =>
    inputs.source === 'repeated' ? drawn(inputs.example, count) : examples(selection.split.value, inputs.example, count)
  return {
    /** One example. */
    one: computed(() => made(1)),
    /** As many as an average is over, from the first. */
    many: computed((): Inputs => {
      const count = inputs.averaged
      return inputs.source === 'repeated' ? drawn(0, count) : examples(selection.split.value, 0, count)
    }),
    /** What an answer told of the number of examples. */
    tell: (available: number | undefined): void => void (inputs.available = available),
  }
}

function examples(split: Split, first: number, count: number): Inputs {
  return { kind: 'examples', split, first, count }
}

function drawn(seed: number, count: number): Inputs {
  return { kind: 'repeated', seed, count }
}
