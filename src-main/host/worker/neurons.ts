import { AppError } from '../../base/result'
import { neuronWeights } from '../../lab/interpret/components/neuron-weights'
import type { Subject } from './subjects'

/** Refuses neurons that the network does not have. */
export function checkNeurons({ network }: Subject, neurons: readonly number[]): void {
  const { neuronCount } = neuronWeights(network)
  const beyond = neurons.find((neuron) => neuron >= neuronCount)
  if (beyond === undefined) return
  const message = `no neuron ${beyond}; the network has neurons 0 to ${neuronCount - 1}`
  throw new AppError({ code: 'ARGUMENTS_INVALID', message })
}
