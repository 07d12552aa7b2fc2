import { collect } from '../../../base/registry'
import type { KnownCircuit } from './known-circuit'

export const knownCircuits = collect<KnownCircuit>(
  'known circuit',
  import.meta.glob(['./*.ts', '!./index.ts', '!./known-circuit.ts'], { eager: true }),
)
