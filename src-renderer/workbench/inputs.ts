/**
 * Which inputs the views of activations look at: one example, or many together. One store, so that the example chosen in
 * one view is that of the others; the split is the selection's.
 */
import type { Inputs } from '@contract/inputs'
import type { TokenizedPrompts } from '@contract/prompts'
import type { Split } from '@contract/runs'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { usePanelSelection } from './selection'

/** A prompt set of the project is named by its id and side; `text` is a person's own. */
export type InputSource = 'examples' | 'repeated' | 'text' | `prompts/${'clean' | 'corrupted'}/${string}`

/** The prompt set and side of a source; undefined for one that is none. */
export function promptSource(source: InputSource): { readonly side: 'clean' | 'corrupted'; readonly id: string } | undefined {
  const [, side, id] = /^prompts\/(clean|corrupted)\/(.+)$/.exec(source) ?? []
  return id === undefined ? undefined : { side: side as 'clean' | 'corrupted', id } // the expression admits these only
}

export const useInputs = defineStore('inputs', () => {
  const source = ref<InputSource>('examples')
  /** Place in the split, or the seed of a drawn sequence. */
  const example = ref(0)
  const isAveraged = ref(false)
  /** Examples that an average is over. */
  const averaged = ref(64)
  /** Examples of the split, as an answer told; undefined until then and for drawn sequences. */
  const available = ref<number>()
  /** The chosen prompt set as the tokens of the shown run, once it is known. */
  const prompts = shallowRef<TokenizedPrompts>()
  /** A text of one's own, and its tokens [pos] once they are known. */
  const text = ref('')
  const textTokens = shallowRef<Int32Array>()
  /** Whether the start token stands before prompts and texts, where the tokenizer has one. */
  const startToken = ref(false)
  return { source, example, isAveraged, averaged, available, prompts, text, textTokens, startToken }
})

/** Why a view of activations shows nothing: no run, or no text yet. */
export function useNothingToShow() {
  const inputs = useInputs()
  const selection = usePanelSelection()
  return computed(() => {
    if (selection.at.value === undefined) return { title: 'No run selected', text: 'Select a run in the library.' }
    if (inputs.source === 'text' && inputs.text === '') return { title: 'No text yet', text: 'Type a text above and press Enter.' }
    return { title: 'Nothing to look at', text: 'Choose other inputs above.' }
  })
}

/** The inputs as the contract takes them. */
export function useChosenInputs() {
  const inputs = useInputs()
  const selection = usePanelSelection()
  function made(first: number, count: number): Inputs | undefined {
    const set = promptSource(inputs.source)
    if (set) return inputs.prompts && given(inputs.prompts, set.side, { first, count })
    if (inputs.source === 'text') return inputs.textTokens && alone(inputs.textTokens)
    return inputs.source === 'repeated' ? drawn(first, count) : examples(selection.split.value, first, count)
  }
  return {
    /** One example; undefined while prompts are being tokenized. */
    one: computed(() => made(inputs.example, 1)),
    /** As many as an average is over, from the first. */
    many: computed(() => made(0, inputs.averaged)),
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

/** One sequence, whose answers are the tokens that follow. */
function alone(tokens: Int32Array): Inputs | undefined {
  if (tokens.length === 0) return undefined
  return { kind: 'tokens', tokens: { axes: ['example', 'pos'], shape: [1, tokens.length], data: tokens } }
}

/** Some prompts of a set, with the first right answer at the position where it is read. One alone is cut to its length. */
export function given(set: TokenizedPrompts, side: 'clean' | 'corrupted', part: { first: number; count: number }): Inputs | undefined {
  const all = side === 'clean' ? set.clean : set.corrupted
  const [total = 0, width = 0] = all?.shape ?? []
  const first = Math.min(part.first, total - 1)
  const count = Math.min(part.count, total - first)
  if (!all || count < 1) return undefined
  const length = count === 1 ? set.lengths.data[first]! : width
  const rows = (read: (row: number, pos: number) => number): number[] =>
    Array.from({ length: count * length }, (_, i) => read(first + Math.floor(i / length), i % length))
  const answerCount = set.answers.shape[1] ?? 0
  const answerOf = (row: number, pos: number): number =>
    pos === set.answerPos.data[row] && answerCount > 0 ? set.answers.data[row * answerCount]! : -1
  const named = <T extends Int32Array | Uint8Array>(data: T) => ({ axes: ['example', 'pos'], shape: [count, length], data })
  return {
    kind: 'tokens',
    tokens: named(Int32Array.from(rows((row, pos) => all.data[row * width + pos]!))),
    mask: named(Uint8Array.from(rows((row, pos) => set.mask.data[row * width + pos]!))),
    answers: named(Int32Array.from(rows(answerOf))),
  }
}
