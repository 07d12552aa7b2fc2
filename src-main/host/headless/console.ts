/** What a person or a program reads while work goes on: a bar on a terminal, JSON lines, or nothing. */
import type { Job } from '../../contract/jobs'

export interface Console {
  /** One line for a person, one object for a program. */
  say(words: string, event: Readonly<Record<string, unknown>>): void
  progress(job: Job): void
  /** Ends the bar, so that what follows starts on a line of its own. */
  end(): void
}

export interface Streams {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
}

const barEveryMs = 100
const lineEveryMs = 10_000
const jsonEveryMs = 500

export function createConsole(output: 'bar' | 'json' | 'quiet', { out, err }: Streams): Console {
  let lastMs = -Infinity
  let isBarOpen = false

  function isDue(everyMs: number): boolean {
    if (performance.now() - lastMs < everyMs) return false
    lastMs = performance.now()
    return true
  }

  function end(): void {
    if (isBarOpen) err.write('\r\x1b[K')
    isBarOpen = false
  }

  return {
    end,
    say(words, event) {
      if (output === 'json') out.write(`${JSON.stringify(event)}\n`)
      if (output !== 'bar') return
      end()
      out.write(`${words}\n`)
    },
    progress(job) {
      const { id, done, total, rate, elapsedMs, state } = job
      if (output === 'json' && isDue(jsonEveryMs)) {
        out.write(`${JSON.stringify({ event: 'progress', jobId: id, state, done, total, rate, elapsedMs })}\n`)
      }
      if (output !== 'bar') return
      if (err.isTTY && isDue(barEveryMs)) {
        err.write(`\r\x1b[K${barOf(job, err.columns ?? 80)}`)
        isBarOpen = true
      } else if (!err.isTTY && isDue(lineEveryMs)) err.write(`${countsOf(job)}\n`)
    },
  }
}

function countsOf({ done, total, unit, rate }: Job): string {
  const left = rate > 0 && total > done ? `, ${durationText((total - done) / rate)} left` : ''
  return `${done} of ${total} ${unit}, ${rate.toFixed(rate < 10 ? 1 : 0)}/s${left}`
}

function barOf(job: Job, columns: number): string {
  const counts = countsOf(job)
  const width = Math.min(40, columns - counts.length - 4)
  if (width < 8) return counts.slice(0, columns - 1)
  const filled = job.total > 0 ? Math.round((width * job.done) / job.total) : 0
  return `[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${counts}`
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
