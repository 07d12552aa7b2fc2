/**
 * Language tasks in symbols, small enough to train a network on in seconds and alike enough to share its parts.
 *
 *   indirect object     IOI n1 n2 GAVE S A        → the name of the two that is not S
 *   colored objects     COLOUR o1 c1 o2 c2 ASK o A → the colour of o
 *   max of two          MAX x y A                  → the larger number
 *
 * All are written in one vocabulary and padded on the left to the same width, so that the answer is asked at the same
 * position and one network can learn them together. Each comes with a corrupted partner that has another answer: the
 * second giver changed into the receiver, the other object asked about, one number changed.
 *
 * Source: arXiv:2310.08744, whose question is which parts of a network two such tasks share. Differs: symbols for words;
 * K = 2 objects instead of three, since a network of this size stays at guessing among three for thousands of steps.
 */
import { assert } from '../../../base/assert'
import type { Rng } from '../../../base/rng'

const numbered = (letter: string, count: number): readonly string[] => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)

export const padding = 'PAD'
const names = numbered('n', 20)
const objects = numbered('o', 8)
const colours = numbered('c', 8)
const numbers = numbered('x', 12)

/** Place in the list is the token's id. */
export const symbols: readonly string[] = [padding, 'IOI', 'COLOUR', 'MAX', 'GAVE', 'ASK', 'A', ...names, ...objects, ...colours, ...numbers]
/** Tokens up to the one where the answer is asked. */
export const symbolicWidth = 8

const idOf = new Map(symbols.map((word, id) => [word, id]))

export function symbolId(word: string): number {
  const id = idOf.get(word)
  assert(id !== undefined, `'${word}' is no symbol`)
  return id
}

export interface SymbolicPair {
  /** `symbolicWidth` words. */
  readonly clean: readonly string[]
  readonly corrupted: readonly string[]
  readonly answer: string
  readonly wrong: string
  /** Position of the words that matter. */
  readonly marks: Readonly<Record<string, number>>
}

export function drawIoi(rng: Rng): SymbolicPair {
  const [first, second] = two(rng, names)
  const isFirst = rng.below(2) === 0
  const [subject, receiver] = isFirst ? [first, second] : [second, first]
  const write = (giver: string): readonly string[] => ['IOI', first, second, 'GAVE', giver, 'A']
  const [s1, io] = isFirst ? [1, 2] : [2, 1]
  return padded({ clean: write(subject), corrupted: write(receiver), answer: receiver, wrong: subject, marks: { IO: io, S1: s1, S2: 4 } })
}

export const wordOrders = ['object colour', 'colour object'] as const
export type WordOrder = (typeof wordOrders)[number]

export function drawColoredObjects(rng: Rng, order: WordOrder): SymbolicPair {
  const theirs = two(rng, objects)
  const hues = two(rng, colours)
  const asked = rng.below(2)
  const [O, C] = order === 'object colour' ? [1, 2] : [2, 1]
  const listed = theirs.flatMap((object, i) => (order === 'object colour' ? [object, hues[i]!] : [hues[i]!, object]))
  const write = (which: number): readonly string[] => ['COLOUR', ...listed, 'ASK', theirs[which]!, 'A']
  const marks = { O: O + 2 * asked, C: C + 2 * asked, 'wrong C': C + 2 * (1 - asked), Oq: 6 }
  return padded({ clean: write(asked), corrupted: write(1 - asked), answer: hues[asked]!, wrong: hues[1 - asked]!, marks })
}

export function drawMaxOfTwo(rng: Rng): SymbolicPair {
  const draw = (): number => rng.below(numbers.length)
  const [x, y] = [draw(), draw()]
  const largest = numbers.length - 1
  // One number becomes another that changes the answer: the first, unless the second is the largest there is; both when
  // both are.
  let [otherX, otherY] = [x, y]
  while (Math.max(otherX, otherY) === Math.max(x, y)) {
    if (y < largest || x === largest) otherX = draw()
    if (y === largest) otherY = draw()
  }
  const write = (first: number, second: number): readonly string[] => ['MAX', numbers[first]!, numbers[second]!, 'A']
  return padded({
    clean: write(x, y),
    corrupted: write(otherX, otherY),
    answer: numbers[Math.max(x, y)]!,
    wrong: numbers[Math.max(otherX, otherY)]!,
    marks: { x: 1, y: 2 },
  })
}

/** Distinct pairs by their clean side, as many as asked for or as there are. */
export function drawDistinct(rng: Rng, count: number, draw: (rng: Rng) => SymbolicPair): readonly SymbolicPair[] {
  const found = new Map<string, SymbolicPair>()
  // Draws in a row that found nothing new: thirty times as many as are known miss one that is left once in 10^13.
  for (let idle = 0; found.size < count && idle < 30 * (found.size + 1); idle++) {
    const pair = draw(rng)
    const key = pair.clean.join(' ')
    if (found.has(key)) continue
    found.set(key, pair)
    idle = 0
  }
  return [...found.values()]
}

function two(rng: Rng, list: readonly string[]): readonly [string, string] {
  const first = rng.below(list.length)
  const second = (first + 1 + rng.below(list.length - 1)) % list.length
  return [list[first]!, list[second]!]
}

function padded({ clean, corrupted, marks, ...answers }: SymbolicPair): SymbolicPair {
  const missing = symbolicWidth - clean.length
  const pad = (words: readonly string[]): readonly string[] => [...new Array<string>(missing).fill(padding), ...words]
  const moved = Object.entries(marks).map(([label, position]) => [label, position + missing])
  return { ...answers, clean: pad(clean), corrupted: pad(corrupted), marks: Object.fromEntries(moved) as Record<string, number> }
}
