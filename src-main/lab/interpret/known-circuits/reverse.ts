import { everySequence, everywhere } from './components/sequences'
import { defineKnownCircuit } from './known-circuit'

const n_ctx = 4
const padding = 0
const padded = (word: readonly number[]): readonly number[] => [...word, ...Array<number>(n_ctx - word.length).fill(padding)]
const lengthOf = (tokens: readonly number[]): number => tokens.filter((token) => token !== padding).length

export default defineKnownCircuit({
  id: 'reverse',
  title: 'Reversal of a word of any length',
  says: 'A head counts the letters before the padding, the MLP turns length and position into the place to read, a second head reads it.',
  source: 'arXiv:2106.06981',
  n_ctx,
  d_vocab: 4,
  isCausal: false,
  domain: () => [1, 2, 3, 4].flatMap((length) => everySequence(length, 3).map((word) => padded(word.map((letter) => letter + 1)))),
  answered: (tokens) => everywhere(tokens).slice(0, lengthOf(tokens)),
  answer: (tokens, pos) => tokens[lengthOf(tokens) - 1 - pos]!,
  program({ tokens, positions, attend, average, map }) {
    const share = average({}, tokens, { as: (token) => (token === padding ? 0 : 1), values: [1, 2, 3, 4].map((length) => length / n_ctx) })
    const place = map([share, positions], n_ctx, (filled, pos) => Math.max(0, Math.round(filled! * n_ctx) - 1 - pos!))
    return attend({ query: place, key: positions, selects: (wanted, pos) => wanted === pos }, tokens)
  },
})
