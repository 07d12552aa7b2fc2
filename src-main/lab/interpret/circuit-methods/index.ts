import { collect } from '../../../base/registry'
import type { CircuitMethod } from './circuit-method'

export const circuitMethods = collect<CircuitMethod>(
  'circuit method',
  import.meta.glob(['./*.ts', '!./index.ts', '!./circuit-method.ts'], { eager: true }),
)
