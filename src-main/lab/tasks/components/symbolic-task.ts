/** What the tasks of one symbolic family have in common. */
import type { Rng } from '../../../base/rng'
import { integer, number, type NumberField } from '../../../base/settings'
import type { Dataset } from '../task'
import { symbolicDataset } from './symbolic-dataset'
import { drawDistinct, symbols, symbolicWidth, type SymbolicPair } from './symbols'

export const symbolicFields = (examples: number): { readonly examples: NumberField; readonly trainFraction: NumberField } => ({
  examples: integer({
    title: 'Examples',
    help: 'Number of different examples drawn; all there are when that is fewer.',
    default: examples,
    min: 10,
    max: 65536,
  }),
  trainFraction: number({
    title: 'Train fraction',
    help: 'Share of the examples that training sees; the rest tells a rule from a memory.',
    default: 0.8,
    min: 0.01,
    max: 1,
  }),
})

export const symbolText = (_settings: unknown, token: number): string => symbols[token] ?? String(token)

export interface FamilySettings {
  readonly examples: number
  readonly trainFraction: number
}

export function familyDataset({ examples, trainFraction }: FamilySettings, draw: (rng: Rng) => SymbolicPair, rng: Rng): Dataset {
  const rows = drawDistinct(rng.fork('examples'), examples, draw).map(({ clean, answer }) => ({ tokens: clean, labels: [answer] }))
  return symbolicDataset([rows], { n_ctx: symbolicWidth, scoredPositions: [symbolicWidth - 1], trainFraction }, rng)
}
