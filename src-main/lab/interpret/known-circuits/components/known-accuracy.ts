/** How many answers of a known circuit a network gives: brute force over the domain. */
import { scoped } from '../../../../engine/tf'
import type { Network } from '../../../models/network'
import type { KnownCircuit } from '../known-circuit'

export interface KnownAnswers {
  /** 0-1, over every answered position of every sequence of the domain. */
  readonly accuracy: number
  /** Least logit of a right answer minus the largest other one. */
  readonly leastMargin: number
}

export function answersOn(circuit: KnownCircuit, network: Network): KnownAnswers {
  const domain = [...circuit.domain()]
  const classes = network.dims.d_vocab_out
  const logits = scoped(() => network.run(Int32Array.from(domain.flat())).dataSync())          // [sequence, pos, class]
  const margins = domain.flatMap((tokens, row) =>
    circuit.answered(tokens).map((pos) => {
      const from = (row * circuit.n_ctx + pos) * classes
      const answer = circuit.answer(tokens, pos)
      const others = [...logits.subarray(from, from + classes)].filter((_logit, i) => i !== answer)
      return logits[from + answer]! - Math.max(...others)
    }),
  )
  return { accuracy: margins.filter((margin) => margin > 0).length / margins.length, leastMargin: Math.min(...margins) }
}
