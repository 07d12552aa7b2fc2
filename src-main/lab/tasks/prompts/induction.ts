/**
 * Induction: a sequence without meaning begins a second time; what comes next is what came next before.
 *
 *   x_1 … x_L x_1 … x_k   →   x_{k+1}
 *
 * 1. The x_i are drawn without putting back, so that the answer is determined by the last token alone.
 * 2. Corrupted, x_{k+1} of the first half is another token; that one is the wrong answer. Nothing else differs.
 *
 * Marks: `before` the first x_k, which the last token repeats; `copied` the x_{k+1} after it.
 * Written as numbers, tokens are those of the task `repeated-sequences` of the same vocabulary.
 * Source: Olsson et al., arXiv:2209.11895.
 */
import { boolean, choice, integer } from '../../../base/settings'
import type { Rng } from '../../../base/rng'
import { drawMany, pickDistinct } from './components/draws'
import { marked, markedText, type Piece } from './components/marked-text'
import { promptCount } from './components/prompt-count'
import { commonWords } from './components/words'
import { definePromptTask, type Prompt } from './prompt-set'

export default definePromptTask({
  id: 'induction',
  title: 'Induction',
  help: 'A random sequence begins a second time; its next token can be copied from the first time.',
  source: 'arXiv:2209.11895',
  trainedAs: { 'repeated-sequences': { written: 'numbers' } },
  fields: {
    prompts: promptCount(100),
    written: choice({
      title: 'Written as',
      help: 'English words for language models; numbers for networks trained here on repeated sequences.',
      choices: ['words', 'numbers'],
      default: 'words',
    }),
    length: integer({
      title: 'Length',
      help: 'Number of tokens before the sequence begins again.',
      default: 12,
      min: 2,
      max: 128,
    }),
    shown: integer({
      title: 'Shown again',
      help: 'Number of tokens of the second time that the prompt shows; fewer than the length.',
      default: 6,
      min: 1,
      max: 127,
    }),
    vocabulary: integer({
      title: 'Vocabulary',
      help: 'Number of different tokens when written as numbers.',
      default: 64,
      min: 3,
      max: 4096,
    }),
    startToken: boolean({
      title: 'Start token',
      help: 'Whether the vocabulary of numbers ends with a start token, as that of repeated sequences does by default.',
      default: true,
    }),
  },

  check({ length, shown, written, vocabulary }) {
    const available = written === 'words' ? commonWords.length : vocabulary
    return [
      ...(shown < length ? [] : [{ key: 'shown', message: `shown is ${shown}; expected less than the length, ${length}` }]),
      ...(length < available ? [] : [{ key: 'length', message: `length is ${length}; expected less than the ${available} different tokens` }]),
    ]
  },

  create({ prompts, written, length, shown, vocabulary, startToken }, rng) {
    const numbers = Array.from({ length: vocabulary }, (_, i) => String(i))
    const words = written === 'words' ? commonWords : numbers
    return {
      title: `Induction, ${written}, ${shown} of ${length}`,
      source: 'arXiv:2209.11895',
      prompts: drawMany(rng, prompts, (draws) => drawPrompt(draws, { words, length, shown })),
      vocabulary: written === 'words' ? undefined : {
        words: startToken ? [...numbers, startWord] : numbers,
        ...(startToken && { startWord }),
      },
    }
  },
})

const startWord = 'start'

interface Sequence {
  readonly words: readonly string[]
  readonly length: number
  readonly shown: number
}

function drawPrompt(rng: Rng, { words, length, shown }: Sequence): Prompt {
  const drawn = pickDistinct(rng, words, length + 1)
  const sequence = drawn.slice(0, length)
  const other = drawn[length]!
  const write = (first: readonly string[]): ReturnType<typeof markedText> => markedText([
    ...first.map((word, i): Piece => {
      const label = i === shown - 1 ? 'before' : i === shown ? 'copied' : undefined
      return label === undefined ? ` ${word}` : marked(label, ` ${word}`)
    }),
    ...sequence.slice(0, shown).map((word) => ` ${word}`),
  ])
  const clean = write(sequence)
  return {
    clean: clean.text,
    corrupted: write(sequence.map((word, i) => (i === shown ? other : word))).text,
    answers: [` ${sequence[shown]!}`],
    wrong: [` ${other}`],
    marks: clean.marks,
    group: 'all',
  }
}
