import { collect } from '../../base/registry'
import type { Optimizer } from './optimizer'

export const optimizers = collect<Optimizer>('optimizer', import.meta.glob(['./*.ts', '!./index.ts', '!./optimizer.ts'], { eager: true }))
