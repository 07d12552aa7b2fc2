/**
 * Indirect object identification: two people are named, one of them gives; who receives?
 *
 * 1. A first clause names the indirect object IO and the subject S1, in either order (ABBA: IO first; BABA: S first). A
 *    second names the subject again (S2), who gives or says something "to"; the answer is IO, the wrong one S.
 * 2. Corrupted, either every name is replaced by an unrelated third, fourth and fifth one (ABC), which keeps the sentence
 *    and leaves nothing to infer, or S2 becomes IO, which turns the answer around.
 *
 * Names, places and objects are common English words that are single tokens of GPT-2's. Fifteen sentences vary what the
 * circuit must not depend on.
 * Source: Wang et al., arXiv:2211.00593 §3 and app. A (rules, kinds of template); counterfactual by S2: arXiv:2310.08744.
 * Differs: the sentences are our own, made on the pattern of theirs.
 */
import { choice } from '../../../base/settings'
import type { Rng } from '../../../base/rng'
import { drawMany, pick, pickDistinct } from './components/draws'
import { filled, markedText } from './components/marked-text'
import { promptCount } from './components/prompt-count'
import { firstNames } from './components/words'
import { definePromptTask, type Prompt } from './prompt-set'

/** `first` and `second` are IO and S1 in one order or the other. */
export const templates = [
  'Yesterday {first} and {second} went to the {place}. {S2} gave a {object} to',
  'Later, {first} and {second} had a good time at the {place}. {S2} gave a {object} to',
  'Today {first} and {second} were busy at the {place}. {S2} decided to give a {object} to',
  'Once, {first} and {second} were on the way to the {place}. {S2} wanted to give a {object} to',
  'Afterwards {first} and {second} had an argument about a {object}. {S2} then said to',
  'After {first} and {second} came to the {place}, {S2} gave a {object} to',
  'When {first} and {second} found a {object} at the {place}, {S2} decided to give it to',
  'When {first} and {second} saw a {object} at the {place}, {S2} bought it and gave it to',
  'While {first} and {second} were working at the {place}, {S2} gave a {object} to',
  'While {first} and {second} were walking to the {place}, {S2} passed a {object} to',
  'After lunch, {first} and {second} went to the {place}. {S2} brought a {object} to',
  'In the end, {first} and {second} did not agree about the {place}. So {S2} said to',
  'Last week {first} and {second} met at the {place}. There {S2} showed a {object} to',
  'The {place} that {first} and {second} went to had a {object}. {S2} gave it to',
  'Two friends, {first} and {second}, found a {object} near the {place}. {S2} gave it to',
] as const

const places = ['store', 'garden', 'restaurant', 'school', 'hospital', 'office', 'house', 'station'] as const
const objects = ['ring', 'kiss', 'bone', 'basketball', 'computer', 'necklace', 'drink', 'snack'] as const
const orders = ['ABBA', 'BABA'] as const

export default definePromptTask({
  id: 'ioi',
  title: 'Indirect object identification',
  help: '"Mary and John went to the store. John gave a drink to": the one who was named once receives.',
  source: 'arXiv:2211.00593',
  fields: {
    prompts: promptCount(100),
    corruption: choice({
      title: 'Corruption',
      help: 'ABC replaces all names by three others; S2-IO lets the other one give, so that the answer turns around.',
      choices: ['ABC', 'S2-IO'],
      default: 'ABC',
    }),
    order: choice({
      title: 'Order',
      help: 'Whether the receiver is named first (ABBA), second (BABA), or either.',
      choices: ['both', ...orders],
      default: 'both',
    }),
  },

  create({ prompts, corruption, order }, rng) {
    return {
      title: `Indirect object identification, ${corruption}`,
      source: 'arXiv:2211.00593; sentences of our own',
      prompts: drawMany(rng, prompts, (draws) => drawPrompt(draws, corruption, order === 'both' ? pick(draws, orders) : order)),
    }
  },
})

function drawPrompt(rng: Rng, corruption: 'ABC' | 'S2-IO', order: (typeof orders)[number]): Prompt {
  const template = rng.below(templates.length)
  const [io, subject, a, b, c] = pickDistinct(rng, firstNames, 5) as [string, string, string, string, string]
  const words = { place: pick(rng, places), object: pick(rng, objects) }
  const write = (names: Names): ReturnType<typeof markedText> => writeNames(templates[template]!, { names, order, words })
  const clean = write({ io, s1: subject, s2: subject })
  const corrupted = write(corruption === 'ABC' ? { io: a, s1: b, s2: c } : { io, s1: subject, s2: io })
  return {
    clean: clean.text,
    corrupted: corrupted.text,
    answers: [` ${io}`],
    wrong: [` ${subject}`],
    marks: clean.marks,
    group: `template ${template + 1}, ${order}`,
  }
}

interface Names {
  readonly io: string
  readonly s1: string
  readonly s2: string
}

interface Filling {
  readonly names: Names
  readonly order: (typeof orders)[number]
  readonly words: Readonly<Record<string, string>>
}

function writeNames(template: string, { names, order, words }: Filling): ReturnType<typeof markedText> {
  const [first, second] = order === 'ABBA' ? ['IO', 'S1'] : ['S1', 'IO']
  const text = template.replace('{first}', `{${first}}`).replace('{second}', `{${second}}`)
  return markedText(filled(text, { ...words, IO: names.io, S1: names.s1, S2: names.s2 }))
}
