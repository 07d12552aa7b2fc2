/**
 * An analysis is a pure function of a network (and a dataset) to a record of numbers, with the words that explain it.
 * `definition` and `source` are what "How was this computed" shows; they state the formula in symbols.
 */
import type { Network } from '../models/network'

export interface Analysis<Input, Output> {
  readonly id: string
  readonly title: string
  readonly definition: string
  readonly source: string
  /** Why the analysis does not apply to this network, naming what it lacks; undefined when it applies. */
  unsuitable(network: Network): string | undefined
  measure(network: Network, input: Input): Output
}

export function defineAnalysis<Input, Output>(analysis: Analysis<Input, Output>): Analysis<Input, Output> {
  return Object.freeze(analysis)
}
