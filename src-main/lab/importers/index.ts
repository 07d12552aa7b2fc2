import { collect } from '../../base/registry'
import type { Importer } from './importer'

export const importers = collect<Importer>('importer', import.meta.glob(['./*.ts', '!./index.ts', '!./importer.ts'], { eager: true }))
