import { collect } from '../../base/registry'
import type { Model } from './model'

export const models = collect<Model>('model', import.meta.glob(['./*.ts', '!./index.ts', '!./model.ts', '!./network.ts', '!./hook-point.ts', '!./intervention.ts'], { eager: true }))
