import type { StoredReportItem } from '@contract/reports'
import type { ViewFixtures } from '../../workbench/view'

const items: readonly StoredReportItem[] = [
  {
    id: 'item-1',
    atMs: 0,
    item: {
      kind: 'figure',
      title: 'Accuracy while neurons are removed in order of IPR',
      caption: 'Corrupted labels are forgotten first.',
      option: JSON.stringify({
        xAxis: { type: 'value' },
        yAxis: { type: 'value' },
        series: [{ type: 'line', data: [[0, 0.94], [310, 0.02]] }],
      }),
      csv: 'removed,corrupted\r\n0,0.94\r\n310,0.02\r\n',
      how: { definition: 'Accuracy by split.', source: 'arXiv:2310.13061', spec: { p: 97 }, backend: 'cpu', elapsedMs: 12 },
      from: { viewId: 'neurons', runId: 'run-1', step: 600 },
    },
  },
  { id: 'item-2', atMs: 1, item: { kind: 'note', title: 'What this shows', text: 'The rule stays.' } },
]

export default {
  empty: { answers: { reports: { list: () => [] } } },
  loading: { answers: {} },
  error: {
    answers: { reports: { list: () => Promise.reject({ code: 'PROJECT_DAMAGED', message: 'the report cannot be read' }) } },
  },
  full: { answers: { reports: { list: () => [...items] } } },
} satisfies ViewFixtures
