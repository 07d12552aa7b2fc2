/**
 * Greater-than: the year in which something ends is later than the year in which it began.
 *
 *   The {war} lasted from the year 17{32} to the year 17
 *
 * 1. Centuries are 11 to 17, years within them 02 to 98, so that there are later and earlier ones. Every later pair of
 *    digits is right, every earlier one and the same one wrong; probabilities are summed over each.
 * 2. Corrupted, the year is 01: later years alone, nothing to compare with.
 *
 * The pair of digits has to be a token of its own. GPT-2's tokenizer writes 1440 in one piece and 1113 as 111 and 3: it
 * cannot take 61 of the 679 years, two thirds of these in century 11. The year 01 is sound in each century.
 * Source: Hanna, Liu and Variengien, arXiv:2305.00586 §2. Differs: the list of nouns is our own.
 */
import type { Rng } from '../../../base/rng'
import { drawMany, pick } from './components/draws'
import { filled, marked, markedText } from './components/marked-text'
import { promptCount } from './components/prompt-count'
import { events } from './components/words'
import { definePromptTask, type Prompt } from './prompt-set'

const firstCentury = 11
const lastCentury = 17
const firstYear = 2
const lastYear = 98

export default definePromptTask({
  id: 'greater-than',
  title: 'Greater than',
  help: '"The war lasted from the year 1732 to the year 17": every later year is right.',
  source: 'arXiv:2305.00586',
  fields: { prompts: promptCount(100) },

  create({ prompts }, rng) {
    return {
      title: 'Greater than',
      source: 'arXiv:2305.00586; nouns of our own',
      prompts: drawMany(rng, prompts, drawPrompt),
    }
  },
})

function drawPrompt(rng: Rng): Prompt {
  const noun = pick(rng, events)
  const century = firstCentury + rng.below(lastCentury - firstCentury + 1)
  const year = firstYear + rng.below(lastYear - firstYear + 1)
  const write = (digits: string): ReturnType<typeof markedText> => markedText([
    ...filled('The {noun} lasted from the year {XX}', { noun, XX: String(century) }),
    marked('YY', digits),
    ...filled(' to the year {XX2}', { XX2: String(century) }),
  ])
  const clean = write(twoDigits(year))
  const years = Array.from({ length: 100 }, (_, i) => i)
  return {
    clean: clean.text,
    corrupted: write('01').text,
    answers: years.filter((each) => each > year).map(twoDigits),
    wrong: years.filter((each) => each <= year).map(twoDigits),
    marks: clean.marks,
    group: `century ${century}`,
  }
}

const twoDigits = (n: number): string => String(n).padStart(2, '0')
