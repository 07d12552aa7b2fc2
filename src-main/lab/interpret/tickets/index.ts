import { collect } from '../../../base/registry'
import type { Score } from './score'

export const scores = collect<Score>('score', import.meta.glob(['./*.ts', '!./index.ts', '!./score.ts'], { eager: true }))
