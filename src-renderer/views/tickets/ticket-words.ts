/** What a person reads for the terms of contract/tickets.ts. */
import type { MaskScore, TicketControl, TicketDecay, TicketEstimate, TicketMoment } from '@contract/tickets'
import { formatCount, formatNumber } from '../../base/format'

export const scoreTitles: Readonly<Record<MaskScore, string>> = {
  magnitude: 'magnitude, over all layers',
  'magnitude-per-layer': 'magnitude, layer by layer',
  movement: 'movement since initialization',
  'gradient-weight': 'gradient × weight',
  random: 'random',
  snip: 'SNIP',
  grasp: 'GraSP',
  synflow: 'SynFlow',
  'synflow-on-examples': 'SynFlow on the examples',
  given: 'picked by hand',
}

export const controlTitles: Readonly<Record<TicketControl, string>> = {
  dense: 'dense',
  'l1-norm': 'dense with the ticket’s L1 norm',
  'l2-norm': 'dense with the ticket’s L2 norm',
  memorized: 'ticket from memorization',
  transition: 'ticket from the transition',
  random: 'random mask',
  snip: 'SNIP at initialization',
  grasp: 'GraSP at initialization',
  synflow: 'SynFlow at initialization',
}

export const decayTitles: Readonly<Record<TicketDecay, string>> = {
  'as-trained': 'with the run’s weight decay',
  none: 'without weight decay',
}

const eventTitles = { memorized: 'memorized', transition: 'in transition', generalized: 'generalized' } as const

export function momentTitle(moment: TicketMoment): string {
  if (moment.kind === 'event') return eventTitles[moment.event]
  return moment.kind === 'step' ? `step ${formatCount(moment.step)}` : `${formatNumber(moment.share, 3)} of t_gen`
}

/** How many seeds got there: `2 of 3`, `never, in 3 seeds`. */
export function countText({ count, of }: TicketEstimate): string {
  if (of === 0) return 'not yet'
  return count === 0 ? `never, in ${of} ${of === 1 ? 'seed' : 'seeds'}` : `${count} of ${of}`
}
