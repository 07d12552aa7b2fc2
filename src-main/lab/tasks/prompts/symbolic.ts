/**
 * The symbolic families as prompts, for networks trained here on one of them or on all.
 *
 * Corrupted, the second giver is the receiver, the other object is asked about, or one number is another; the answer to
 * that is the wrong one. What the symbols are: tasks/components/symbols.ts.
 */
import { boolean, choice } from '../../../base/settings'
import { unpaddedPair } from '../components/symbolic-prompt'
import {
  drawColoredObjects, drawIoi, drawMaxOfTwo, symbols, wordOrders, type SymbolicPair, type WordOrder,
} from '../components/symbols'
import type { Rng } from '../../../base/rng'
import { drawMany } from './components/draws'
import { promptCount } from './components/prompt-count'
import { definePromptTask, type Prompt, type Span } from './prompt-set'

const families = ['indirect object', 'colored objects', 'max of two'] as const

export default definePromptTask({
  id: 'symbolic',
  title: 'Symbolic tasks',
  help: 'Indirect object, colored objects or max of two in symbols; for networks trained here.',
  source: 'arXiv:2310.08744; in symbols',
  trainedAs: {
    'symbolic-ioi': { family: 'indirect object' },
    'symbolic-colored-objects': { family: 'colored objects' },
    'max-of-two': { family: 'max of two' },
    'circuit-reuse': { family: 'indirect object', padded: false },
  },
  fields: {
    prompts: promptCount(200),
    family: choice({ title: 'Family', help: 'Which of the three questions is asked.', choices: families, default: 'indirect object' }),
    order: choice({
      title: 'Word order',
      help: 'Of colored objects; as in the task the network was trained on.',
      choices: wordOrders,
      default: 'object colour',
    }),
    padded: boolean({
      title: 'Padded before',
      help: 'To eight words, as networks of one family read them; those of four families read prompts from their first word.',
      default: true,
    }),
  },

  create({ prompts, family, order, padded }, rng) {
    const written = (pair: SymbolicPair): Prompt => promptOf(padded ? pair : unpaddedPair(pair))
    return {
      title: `Symbolic ${family}`,
      source: 'arXiv:2310.08744; in symbols',
      prompts: drawMany(rng, prompts, (draws) => written(drawFamily(family, order, draws))),
      vocabulary: { words: symbols },
    }
  },
})

function drawFamily(family: (typeof families)[number], order: WordOrder, rng: Rng): SymbolicPair {
  if (family === 'indirect object') return drawIoi(rng)
  return family === 'colored objects' ? drawColoredObjects(rng, order) : drawMaxOfTwo(rng)
}

function promptOf({ clean, corrupted, answer, wrong, marks }: SymbolicPair): Prompt {
  const spans = Object.entries(marks).map(([label, position]): [string, Span] => {
    const start = clean.slice(0, position).reduce((sum, word) => sum + word.length + 1, 0)
    return [label, [start, start + clean[position]!.length]]
  })
  return {
    clean: clean.join(' '),
    corrupted: corrupted.join(' '),
    answers: [answer],
    wrong: [wrong],
    marks: Object.fromEntries(spans),
    group: 'all',
  }
}
