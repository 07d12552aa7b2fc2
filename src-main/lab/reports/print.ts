import { page } from './components/page'
import { defineReportFormat } from './report'

/** What a PDF is printed from: no script has to finish before the page is complete. */
export default defineReportFormat({
  id: 'print',
  title: 'Web page for printing',
  extension: 'html',
  mime: 'text/html',
  render: (document, drawing) => page(document, drawing, { isLive: false }),
})
