import type { Neurons } from '@contract/interpret'
import { formatExact, formatFixed } from '../../base/format'
import type { Meaning } from '../../charts/chart-theme'
import { roleColours, roleOf } from './roles'

export interface NeuronFact {
  readonly name: string
  readonly value: string
  readonly exact?: string
  readonly help?: string
  readonly colour?: Meaning
}

/** What is measured of one neuron, as names and values; none when there is no such neuron. */
export function neuronFacts(neurons: Neurons, index: number): readonly NeuronFact[] {
  if (index >= neurons.count) return []
  const number = (
    name: string,
    { data }: { readonly data: ArrayLike<number> },
    help?: string,
  ): NeuronFact => {
    const value = data[index]!
    return { name, value: formatFixed(value, 3), exact: formatExact(value), ...(help && { help }) }
  }
  const role = roleOf(neurons.role.data[index])
  const phases = Array.from(neurons.phase.data.subarray(index * 3, index * 3 + 3))
  return [
    { name: 'Role', value: role, colour: roleColours[role] },
    number('IPR', neurons.ipr, 'Inverse participation ratio, mean of the three below'),
    number('IPR a', neurons.iprInputA),
    number('IPR b', neurons.iprInputB),
    number('IPR output', neurons.iprOutput),
    { name: 'Frequency', value: String(neurons.freq.data[index]) },
    {
      name: 'Phase a, b, out',
      value: phases.map((phase) => formatFixed(phase, 2)).join(', '),
      exact: phases.map(formatExact).join(', '),
    },
    number('Norm', neurons.norm),
    ...neurons.extra.map(({ title, values }) => number(title, values)),
  ]
}
