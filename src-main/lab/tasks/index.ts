import { collect } from '../../base/registry'
import type { Task } from './task'

export const tasks = collect<Task>('task', import.meta.glob(['./*.ts', '!./index.ts', '!./task.ts'], { eager: true }))
