/**
 * Colored Objects: several things are named with their colours; what colour is one of them?
 *
 *   Q: On the {surface}, {there is} a {C1} {O1}, a {C2} {O2}, and a {C3} {O3}. What color is the {O}?
 *   A:
 *
 * 1. Objects differ from each other, and so do their colours. Solved examples with a capitalized answer come first.
 * 2. Corrupted, the question is about another object of the same sentence; the answer to that is the wrong one.
 *
 * Marks: `O` and `C` the object asked about and its colour where they are introduced, `Oq` the object in the question,
 * `wrong C` the colour of the corrupted question's object.
 * Source: Merullo et al., arXiv:2310.08744, and the prompts of the code released with it: 17 objects, 8 colours.
 */
import { integer } from '../../../base/settings'
import type { Rng } from '../../../base/rng'
import { drawMany, pick, pickDistinct } from './components/draws'
import { marked, markedText, type Piece } from './components/marked-text'
import { promptCount } from './components/prompt-count'
import { definePromptTask, type Prompt } from './prompt-set'

export const objects = [
  'ball', 'bottle', 'bowl', 'bracelet', 'cup', 'envelope', 'jug', 'leash', 'lighter', 'mug', 'necklace', 'notebook', 'pen',
  'pencil', 'plate', 'puzzle', 'textbook',
] as const
export const colours = ['black', 'blue', 'brown', 'green', 'orange', 'purple', 'red', 'yellow'] as const
const surfaces = ['table', 'desk', 'floor'] as const
const openers = ['there is', 'you see', 'I see'] as const

export default definePromptTask({
  id: 'colored-objects',
  title: 'Colored objects',
  help: 'Things are named with their colours, then one is asked for. Small models need a solved example.',
  source: 'arXiv:2310.08744',
  fields: {
    prompts: promptCount(100),
    things: integer({
      title: 'Things',
      help: 'Number of coloured objects in a question. Guessing among them is right one time in that many.',
      default: 3,
      min: 2,
      max: 6,
    }),
    solved: integer({
      title: 'Solved examples',
      help: 'Number of questions with their answers before the one that is asked.',
      default: 1,
      min: 0,
      max: 4,
    }),
  },

  create({ prompts, things, solved }, rng) {
    return {
      title: `Colored objects, ${things} things`,
      source: 'arXiv:2310.08744',
      prompts: drawMany(rng, prompts, (draws) => drawPrompt(draws, things, solved)),
    }
  },
})

interface Scene {
  readonly surface: string
  readonly opener: string
  readonly things: readonly { readonly object: string; readonly colour: string }[]
}

function drawPrompt(rng: Rng, thingCount: number, solved: number): Prompt {
  const examples = Array.from({ length: solved }, () => {
    const scene = drawScene(rng, thingCount)
    const asked = rng.below(thingCount)
    return `${markedText(question(scene, asked)).text}${answerOf(scene, asked)}\n`
  })
  const scene = drawScene(rng, thingCount)
  const [asked, other] = pickDistinct(rng, [...scene.things.keys()], 2) as [number, number]
  const before = examples.join('')
  const clean = markedText([before, ...question(scene, asked, other)])
  return {
    clean: clean.text,
    corrupted: before + markedText(question(scene, other)).text,
    answers: [answerOf(scene, asked)],
    wrong: [answerOf(scene, other)],
    marks: clean.marks,
    group: `place ${asked + 1} of ${thingCount}`,
  }
}

function drawScene(rng: Rng, count: number): Scene {
  const things = pickDistinct(rng, objects, count)
  const theirs = pickDistinct(rng, colours, count)
  return {
    surface: pick(rng, surfaces),
    opener: pick(rng, openers),
    things: things.map((object, i) => ({ object, colour: theirs[i]! })),
  }
}

function answerOf({ things }: Scene, asked: number): string {
  const { colour } = things[asked]!
  return ` ${colour[0]!.toUpperCase()}${colour.slice(1)}`
}

/** A question up to its "A:", the parts that matter marked. */
function question({ surface, opener, things }: Scene, asked: number, other?: number): readonly Piece[] {
  const listed = things.flatMap(({ object, colour }, i): readonly Piece[] => {
    const [c, o] = [` ${colour}`, ` ${object}`]
    return [
      `${i === things.length - 1 ? ' and' : ''} ${/^[aeiou]/.test(colour) ? 'an' : 'a'}`,
      i === asked ? marked('C', c) : i === other ? marked('wrong C', c) : c,
      i === asked ? marked('O', o) : o,
      i === things.length - 1 ? '.' : things.length === 2 ? '' : ',',
    ]
  })
  return [`Q: On the ${surface}, ${opener}`, ...listed, ' What color is the', marked('Oq', ` ${things[asked]!.object}`), '?\nA:']
}
