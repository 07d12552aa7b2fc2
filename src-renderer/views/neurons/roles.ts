import type { PruneOrder, Role } from '@contract/interpret'
import type { Meaning } from '../../charts/chart-theme'

/** In the order of the contract's role indices; a test compares the two. */
export const roleNames = ['generalizing', 'memorizing', 'between', 'dead'] as const satisfies readonly Role[]

export const roleColours: Readonly<Record<Role, Meaning>> = {
  generalizing: 'clean',
  memorizing: 'corrupted',
  between: 'random',
  dead: 'ablated',
}

export const roleOf = (index: number | undefined): Role => roleNames[index ?? 2] ?? 'between'

/** What each order does, as a person would say it after `Accuracy while neurons are removed,`. */
export const orderTitles: Readonly<Record<PruneOrder, string>> = {
  'ipr-ascending': 'lowest IPR first',
  'ipr-descending': 'highest IPR first',
  random: 'in random order',
  magnitude: 'smallest norm first',
  frequency: 'other frequencies first',
  'hand-picked': 'picked by hand',
}
