import { collect } from '../../base/registry'
import type { Analysis } from './analysis'

export const analyses = collect<Analysis<never, unknown>>(
  'analysis',
  import.meta.glob(['./*.ts', '!./index.ts', '!./analysis.ts'], { eager: true }),
)
