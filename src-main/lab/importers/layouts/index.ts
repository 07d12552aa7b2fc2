import { collect } from '../../../base/registry'
import type { Layout } from './layout'

export const layouts = collect<Layout>('layout', import.meta.glob(['./*.ts', '!./index.ts', '!./layout.ts'], { eager: true }))
