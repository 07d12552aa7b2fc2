import { defineReportFormat } from './report'

export default defineReportFormat({
  id: 'json',
  title: 'JSON',
  extension: 'json',
  mime: 'application/json',
  render: (document) => `${JSON.stringify(document, null, 2)}\n`,
})
