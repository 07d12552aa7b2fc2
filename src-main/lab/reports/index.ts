import { collect } from '../../base/registry'
import type { ReportFormat } from './report'

export const reportFormats = collect<ReportFormat>(
  'report format',
  import.meta.glob(['./*.ts', '!./index.ts', '!./report.ts'], { eager: true }),
)
