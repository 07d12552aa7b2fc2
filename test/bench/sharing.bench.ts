/**
 * Several trainings at once, each in a process of its own as the program has them: steps a second of each, how alike they
 * are, and their sum against one alone. And what a process uses after its last product: a pool of threads that looks for
 * work for ever would show here.
 *
 * All begin and end together. On a machine that does other work one alone gets less of it than two, and rates tell little;
 * processor time a step still tells whether threads wait by spinning, because it then grows with every training more.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { tf } from '@main/engine/tf'
import { readyBackends } from './components/contender'
import { stepRows } from './components/step-rows'

type Report = (name: string, value: number, unit: string) => void

const childVariable = 'GROKSCOPE_BENCH_WINDOW'
const rowName = 'mlp gather'
const startMs = 8_000
const windowMs = 10_000
const marker = 'steps a second, ms of processor a step: '

export default async function bench(report: Report, say: (text: string) => void): Promise<void> {
  const [ready] = await readyBackends(['native'])
  if (!ready) return say('no native backend')
  const given = process.env[childVariable]
  if (given) return say(`${marker}${JSON.stringify(await measuredFrom(Number(given)))}`)
  report('processor time in an idle second after a product', await idleCpuMs(), 'ms')
  let alone = 0
  for (const count of [1, 2, 3]) {
    const found = await trainAtOnce(count)
    const rates = found.map(({ rate }) => rate)
    const cpuMs = found.reduce((total, one) => total + one.cpuMs, 0) / count
    const sum = rates.reduce((total, rate) => total + rate, 0)
    if (count === 1) alone = sum
    const spread = (100 * (Math.max(...rates) - Math.min(...rates))) / Math.max(...rates)
    say(
      `${count} at once: ${rates.map((rate) => rate.toFixed(1)).join(', ')} steps a second; ${spread.toFixed(0)} % apart, ` +
        `together ${(sum / alone).toFixed(2)} of one alone; ${cpuMs.toFixed(1)} ms of processor a step`,
    )
  }
}

async function idleCpuMs(): Promise<number> {
  const x = tf.ones([1000, 1000])
  tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D).dispose()
  x.dispose()
  await passed(200)
  const before = process.cpuUsage()
  await passed(1000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface Measured {
  /** Steps a second. */
  readonly rate: number
  /** A step, over all threads. */
  readonly cpuMs: number
}

function trainAtOnce(count: number): Promise<readonly Measured[]> {
  const beginMs = Date.now() + startMs
  return Promise.all(Array.from({ length: count }, () => measuredByChild(beginMs)))
}

function measuredByChild(beginMs: number): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../tools/bench.mjs'), 'sharing'], {
      env: { ...process.env, [childVariable]: String(beginMs) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.on('error', reject)
    child.on('close', () => {
      const said = output.split(marker)[1]
      if (said) resolve(JSON.parse(said) as Measured) // as this bench wrote it
      else reject(new Error(`a training said nothing of its rate: ${output}`))
    })
  })
}

/** From that time of the clock on; what is late has no window. */
async function measuredFrom(beginMs: number): Promise<Measured> {
  const running = stepRows.find(({ name }) => name === rowName)!.start()
  running.call()
  if (Date.now() > beginMs) throw new Error('a training started too late to be measured')
  await passed(beginMs - Date.now())
  const before = process.cpuUsage()
  let steps = 0
  for (; Date.now() < beginMs + windowMs; steps++) running.call()
  const { user, system } = process.cpuUsage(before)
  running.end()
  return { rate: steps / (windowMs / 1000), cpuMs: (user + system) / 1000 / steps }
}
