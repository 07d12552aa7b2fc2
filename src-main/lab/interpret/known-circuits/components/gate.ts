/** Known circuits on a few bits: one head reads each bit for the last position, one MLP combines them there. */
import type { Categorical, Rasp } from './program'
import { after, atLast, everySequence } from './sequences'
import type { KnownCircuit } from '../known-circuit'

/** Bits, then a token 2 that asks. */
export function bitDomain(bits: number): Pick<KnownCircuit, 'n_ctx' | 'd_vocab' | 'isCausal' | 'domain' | 'answered'> {
  return {
    n_ctx: bits + 1,
    d_vocab: 3,
    isCausal: true,
    domain: () => after(2, everySequence(bits, 2)).map(([asking, ...tokens]) => [...tokens, asking!]),
    answered: atLast,
  }
}

/** The token at one position, read by a head of its own. */
export function tokenAt({ tokens, positions, attend }: Rasp, pos: number): Categorical {
  return attend({ key: positions, selects: (_query, key) => key === pos }, tokens)
}

export interface Gate {
  readonly bits: number
  /** 0 or 1. */
  readonly of: (...bits: readonly number[]) => number
}

/** The parts of a circuit that every gate shares. */
export function gate({ bits, of }: Gate): Omit<KnownCircuit, 'id' | 'title' | 'says' | 'source'> {
  return {
    ...bitDomain(bits),
    answer: (tokens) => of(...tokens.slice(0, bits)),
    program: (rasp) => {
      const read = Array.from({ length: bits }, (_, pos) => tokenAt(rasp, pos))
      return rasp.map(read, 2, (...seen) => of(...seen) & 1)
    },
  }
}
