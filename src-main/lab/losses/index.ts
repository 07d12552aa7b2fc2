import { collect } from '../../base/registry'
import type { Loss } from './loss'

export const losses = collect<Loss>('loss', import.meta.glob(['./*.ts', '!./index.ts', '!./loss.ts'], { eager: true }))
