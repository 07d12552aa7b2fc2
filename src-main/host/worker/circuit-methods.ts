/** The circuit methods that a process offers: those of the lab that score edges. */
import { circuitMethods as all } from '../../lab/interpret/circuit-methods'
import type { CircuitMethod } from '../../lab/interpret/circuit-methods/circuit-method'

export const circuitMethods: readonly CircuitMethod[] = [...all].filter(({ over }) => over === 'edges')
