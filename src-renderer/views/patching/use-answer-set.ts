/** Answers as a person writes them, words or numbers of classes, into classes of the run that is patched. */
import { wireErrorOf } from '@contract/client'
import type { AnswerSet, PatchPairs } from '@contract/patching'
import { ref } from 'vue'
import { useClient } from '../../client/use-client'
import { usePanelSelection } from '../../workbench/selection'

/** The words between commas, without the space around them. */
export function wordsOf(text: string): readonly string[] {
  return text.split(',').map((word) => word.trim()).filter((word) => word !== '')
}

/** The class of a word of the pairs, or the number it is; undefined for any other word. */
export function knownClass(word: string, { ids, texts }: Pick<PatchPairs, 'ids' | 'texts'>): number | undefined {
  const at = texts.findIndex((text) => text.trim() === word)
  if (at >= 0) return ids.data[at]
  return /^\d+$/.test(word) ? Number(word) : undefined
}

export function useAnswerSet() {
  const client = useClient()
  const selection = usePanelSelection()
  const problem = ref<string>()

  /** By the run's tokenizer: a word after a space, as it stands in a sentence, or else as it is written. */
  async function encoded(word: string): Promise<number> {
    const tokenizer = { kind: 'run', runId: selection.runId.value! } as const // there are pairs, and so a run
    for (const text of [` ${word}`, word]) {
      try {
        const { tokens } = await client.prompts.encode({ tokenizer, text, startToken: false })
        if (tokens.data.length === 1) return tokens.data[0]!
      } catch (thrown) {
        if (text === word) throw thrown
      }
    }
    throw new Error(`“${word}” is not one token of this run; write its number, or a word that is`)
  }

  async function classesOf(text: string, name: string, pairs: PatchPairs): Promise<number[]> {
    const words = wordsOf(text)
    if (words.length === 0) throw new Error(`there is no ${name} answer; write at least one`)
    return Promise.all(words.map(async (word) => knownClass(word, pairs) ?? (await encoded(word))))
  }

  /** The set, or undefined with what is wrong in `problem`. */
  async function read(right: string, wrong: string, pairs: PatchPairs): Promise<AnswerSet | undefined> {
    problem.value = undefined
    try {
      return { right: await classesOf(right, 'right', pairs), wrong: await classesOf(wrong, 'wrong', pairs) }
    } catch (thrown) {
      problem.value = wireErrorOf(thrown).message
      return undefined
    }
  }
  return { problem, read }
}
