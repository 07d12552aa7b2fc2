import { collect } from '../../../base/registry'
import type { PromptTask } from './prompt-set'

export const promptTasks = collect<PromptTask>(
  'prompt task', import.meta.glob(['./*.ts', '!./index.ts', '!./prompt-set.ts'], { eager: true }))
