/** An experiment as a table of the report: every arm with its measures over seeds. */
import type { ReportTable } from '@contract/reports'
import type { TicketEstimate, TicketExperiment } from '@contract/tickets'
import { formatNumber } from '../../base/format'
import { planText } from './ticket-figures'
import { countText, decayTitles, momentTitle, scoreTitles } from './ticket-words'

const columns = ['Arm', 'Mask', 'Weight decay', 't_mem', 't_gen', 'Steps to 99 %', 'τ', 'Speed-up', 'Generalized']

export function experimentTable(experiment: TicketExperiment): ReportTable {
  const { name, plan, arms, how } = experiment
  const rows = arms.map(({ arm, tMem, tGen, to99, tau, speedUp }) => {
    const { start } = arm
    const mask = start ? `${scoreTitles[start.score]}, ${momentTitle(start.at)}, sparsity ${start.sparsity}` : 'none'
    return [arm.title, mask, decayTitles[arm.decay], ...[tMem, tGen, to99, tau, speedUp].map(estimateText), countText(tGen)]
  })
  const runIds = [...new Set([plan.runId, ...arms.flatMap(({ runs }) => runs.flatMap(({ runId }) => runId ?? []))])].slice(0, 400)
  return { kind: 'table', title: name, text: planText(experiment), columns, rows, how, from: { viewId: 'tickets', runId: plan.runId, runIds } }
}

/** `880`, `880 (700 to 1,100)`, or a dash where no seed got there. */
export function estimateText({ mean, low, high }: TicketEstimate): string {
  if (mean === undefined) return '—'
  const interval = low === undefined || high === undefined ? '' : ` (${formatNumber(low, 3)} to ${formatNumber(high, 3)})`
  return `${formatNumber(mean, 4)}${interval}`
}
