import { page } from './components/page'
import { defineReportFormat } from './report'

export default defineReportFormat({
  id: 'html',
  title: 'Web page with live charts',
  extension: 'html',
  mime: 'text/html',
  render: (document, drawing) => page(document, drawing, { isLive: true }),
})
