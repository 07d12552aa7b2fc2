import { collect } from '../../base/registry'
import type { Probe } from './probe'

export const probes = collect<Probe>('probe', import.meta.glob(['./*.ts', '!./index.ts', '!./probe.ts'], { eager: true }))
