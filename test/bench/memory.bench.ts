/**
 * What the process holds over 100,000 steps of a tiny perceptron on the native backend, evaluation every 50th step: at
 * the first thousand, then every 20,000. It is flat when nothing leaks; resident memory includes this program's bundler.
 */
import { unwrap } from '@main/base/result'
import { chooseBackend } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import { holdingsOf } from '../fixtures/long-run'
import { tinySetup } from '../fixtures/training'

type Report = (name: string, value: number, unit: string) => void

const steps = 100_000

export default async function bench(report: Report): Promise<void> {
  const chosen = await chooseBackend(backendCandidates, { wanted: 'native' })
  if (!chosen.ok) return
  unwrap(chosen)
  const setup = tinySetup({ schedule: { steps, measureEvery: 50, checkpointEvery: 10_000 } })
  const holdings = await holdingsOf(setup, steps, 1000)
  for (const holding of holdings.filter(({ step }) => step === 1000 || step % 20_000 === 0)) {
    const at = `step ${holding.step}`
    report(`${at}, tensors`, holding.tensors, '')
    report(`${at}, bytes of tensors`, holding.tensorBytes, 'B')
    report(`${at}, bytes kept for outputs`, holding.freeBytes, 'B')
    report(`${at}, handles`, holding.handles, '')
    report(`${at}, resident`, holding.residentBytes / 2 ** 20, 'MB')
  }
}
