/** `grokscope selftest`: circuit methods against known circuits, and whether they reach what is asked of them. */
import { summarize, type BenchmarkRow, type BenchmarkSummary } from '../../lab/interpret/known-circuits/components/known-benchmark'

/** Least median AUROC over all networks, by method. */
export const selftestBars: Readonly<Record<string, number>> = { 'exact-edges': 0.95, 'eap-ig': 0.9 }

export interface SelftestRows {
  readonly backend: string
  readonly methods: readonly { readonly id: string; readonly title: string }[]
  readonly networkCount: number
  readonly rows: Iterable<BenchmarkRow>
}

export interface SelftestOutput {
  readonly isJson: boolean
  readonly write: (text: string) => void
  /** How many of the rows are there, for a person who waits. */
  readonly progress: (done: number, total: number) => void
  readonly interrupted: AbortSignal
}

const barMissedCode = 3
const interruptedCode = 130

/** The exit code: 0, 3 when a bar is missed, 130 when interrupted. */
export async function selftest({ backend, methods, networkCount, rows }: SelftestRows, output: SelftestOutput): Promise<number> {
  const seen: BenchmarkRow[] = []
  for (const row of rows) {
    seen.push(row)
    output.progress(seen.length, networkCount * methods.length)
    // Lets an interrupt be heard between rows.
    await new Promise((resolve) => setImmediate(resolve))
    if (output.interrupted.aborted) return interruptedCode
  }
  const all = summarize(seen)
  const missed = missedBars(all)
  output.write(output.isJson ? jsonOf({ backend, all, seen, missed }) : textOf({ backend, methods, all, seen, missed }))
  return missed.length > 0 ? barMissedCode : 0
}

interface Missed {
  readonly methodId: string
  readonly bar: number
  readonly median: number
}

export function missedBars(summaries: readonly BenchmarkSummary[]): readonly Missed[] {
  return summaries.flatMap(({ methodId, median }) => {
    const bar = selftestBars[methodId]
    return bar === undefined || median >= bar ? [] : [{ methodId, bar, median }]
  })
}

interface Outcome {
  readonly backend: string
  readonly all: readonly BenchmarkSummary[]
  readonly seen: readonly BenchmarkRow[]
  readonly missed: readonly Missed[]
}

function jsonOf({ backend, all, seen, missed }: Outcome): string {
  return `${JSON.stringify({ backend, bars: selftestBars, missed, summaries: all, networks: seen }, null, 2)}\n`
}

function textOf({ backend, methods, all, seen, missed }: Outcome & { readonly methods: SelftestRows['methods'] }): string {
  const titleOf = new Map(methods.map(({ id, title }) => [id, title]))
  const variants = [...new Set(seen.map(({ variant }) => variant))]
  const head = ['method', 'networks', 'median', 'quartiles', 'least', 'bar', 'seconds', 'least at']
  const body = all.map((one) => lineOf(one, titleOf.get(one.methodId) ?? one.methodId))
  const byVariant = variants.flatMap((variant) => {
    const own = summarize(seen.filter((row) => row.variant === variant))
    return [[''], [`${variant} only`], ...own.map((one) => lineOf(one, titleOf.get(one.methodId) ?? one.methodId))]
  })
  const reasons = new Map(seen.flatMap(({ methodId, unsuitable }) => (unsuitable === undefined ? [] : [[methodId, unsuitable] as const])))
  const verdict = missed.length === 0
    ? 'every bar is reached'
    : missed.map(({ methodId, bar, median }) => `${methodId}: median ${median.toFixed(3)} is under the bar of ${bar}`).join('\n')
  return [
    `AUROC of edges over known circuits, on ${backend}`,
    '',
    ...aligned([head, ...body, ...byVariant]),
    '',
    ...[...reasons].map(([methodId, reason]) => `${methodId} could not run everywhere: ${reason}`),
    verdict,
    '',
  ].join('\n')
}

function lineOf(summary: BenchmarkSummary, title: string): readonly string[] {
  const { methodId, networkCount, median, lowerQuartile, upperQuartile, least, worst, totalMs } = summary
  const bar = selftestBars[methodId]
  if (networkCount === 0) return [title, '0', '', '', '', bar === undefined ? '' : bar.toFixed(2), '', '']
  return [
    title,
    String(networkCount),
    median.toFixed(3),
    `${lowerQuartile.toFixed(3)}–${upperQuartile.toFixed(3)}`,
    least.toFixed(3),
    bar === undefined ? '' : bar.toFixed(2),
    (totalMs / 1000).toFixed(1),
    worst,
  ]
}

function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = lines.filter(({ length }) => length > 1).reduce<readonly number[]>((widest, line) => {
    return line.map((cell, i) => Math.max(cell.length, widest[i] ?? 0))
  }, [])
  return lines.map((line) => line.map((cell, i) => (line.length > 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join('  ').trimEnd())
}
