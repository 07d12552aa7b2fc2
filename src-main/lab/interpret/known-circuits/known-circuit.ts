/**
 * A known circuit: a function of short sequences, a program that computes it, and so a transformer whose every weight is
 * there for a reason and whose used edges are known. What a method says of such a network can be held against the truth.
 *
 * 1. `program` is compiled to weights and to the set of used edges (components/compile-program.ts).
 * 2. `answer` says in plain code what the network is to compute; the suite compares them on every sequence of the domain.
 * 3. Pairs are drawn alike for every circuit: clean uniform over the domain and the answered positions, corrupted uniform
 *    over the sequences that have another answer there (components/known-pairs.ts). A circuit that draws otherwise says why.
 * 4. The suite also runs the used edges alone, everything else exchanged for the corrupted run's, which has to give every answer,
 *    and leaves out each used edge, which has to spoil one; what survives that must be declared redundant.
 *
 * Redundancy: `alternatives` are sets of components that carry the same; any `needed` of them are enough. Ablated one at a
 * time (noising) their edges then change nothing, though the network uses them all; restored one set at a time in a
 * corrupted run (denoising) each set brings the answer back when `needed` is 1.
 *
 * Sources: arXiv:2301.05062 (Tracr), arXiv:2304.14997 §4.1 (compiled programs as a test of discovery), arXiv:2407.14494
 * (InterpBench).
 */
import type { Declaration } from '../../../base/registry'
import type { Categorical, Rasp } from './components/program'

export interface KnownCircuit extends Declaration {
  readonly title: string
  /** What is computed and by which steps, one or two sentences. */
  readonly says: string
  readonly source: string
  readonly n_ctx: number
  readonly d_vocab: number
  readonly isCausal: boolean
  /** Every sequence the network is for. */
  domain(): Iterable<readonly number[]>
  /** Positions of a sequence that are answered. */
  answered(tokens: readonly number[]): readonly number[]
  /** The class at an answered position. */
  answer(tokens: readonly number[], pos: number): number
  program(rasp: Rasp): Categorical
  /** Absent when every used edge is needed. */
  readonly redundancy?: Redundancy
  /** Absent when clean runs are drawn from the whole domain. */
  readonly clean?: { readonly why: string; holds(tokens: readonly number[]): boolean }
}

export interface Redundancy {
  /** Names of writers, `a0.1`. */
  readonly alternatives: readonly (readonly string[])[]
  readonly needed: number
  readonly why: string
}

export function defineKnownCircuit(circuit: KnownCircuit): KnownCircuit {
  return Object.freeze(circuit)
}
