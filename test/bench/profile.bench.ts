/**
 * Where a training step goes, by kernel: how often, how long, and its rate of operations or bytes.
 *
 * On one thread, each call's time being its least over many steps, which a busy machine shows too: kernels are shorter
 * than what the system gives a process at a time. What is no kernel is JavaScript: the tape, shapes, allocation. Two
 * threads take half of it where a kernel is bound by arithmetic, and more where it is bound by memory.
 */
import { loadAddon } from '@main/engine/backends/native/addon'
import { tf } from '@main/engine/tf'
import { readyBackends } from './components/contender'
import { readingRows } from './components/reading-rows'
import { stepRows, type StepRow } from './components/step-rows'

const budgetMs = 10_000
const mostSteps = 400
const shown = 24

interface Entry {
  readonly name: string
  readonly gflop: number
  readonly megabytes: number
  leastMs: number
}

export default async function bench(_report: unknown, say: (text: string) => void): Promise<void> {
  const loaded = loadAddon()
  const [ready] = await readyBackends(['native'])
  if (!loaded.ok || !ready) return say('no native backend')
  const trace = traceKernels(ready.registeredAs)
  const threads = loaded.value.threads()
  loaded.value.useThreads(1)
  try {
    for (const row of [...stepRows, ...readingRows]) profile(row, trace, say)
  } finally {
    loaded.value.useThreads(threads)
  }
}

interface Trace {
  /** Called for each kernel that no other kernel calls. */
  seen: (entry: Entry) => void
}

function traceKernels(backend: string): Trace {
  const trace: Trace = { seen: () => {} }
  let depth = 0
  for (const config of tf.getKernelsForBackend(backend)) {
    const { kernelFunc, kernelName } = config
    config.kernelFunc = (call) => {
      if (depth > 0) return kernelFunc(call)
      depth++
      try {
        const startMs = performance.now()
        const outputs = kernelFunc(call)
        const leastMs = performance.now() - startMs
        trace.seen({ leastMs, ...workOf(kernelName, call, [outputs].flat()) })
        return outputs
      } finally {
        depth--
      }
    }
  }
  return trace
}

function workOf(name: string, call: Parameters<tf.KernelFunc>[0], outputs: readonly tf.TensorInfo[]): Omit<Entry, 'leastMs'> {
  const inputs = Object.values(call.inputs as Record<string, tf.TensorInfo | undefined>).filter((info) => info !== undefined)
  const floats = [...inputs, ...outputs].reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0)
  const { transposeA, transposeB } = (call.attrs ?? {}) as { transposeA?: boolean; transposeB?: boolean }
  const isProduct = /MatMul/.test(name)
  const inner = isProduct ? inputs[0]!.shape.at(transposeA ? -2 : -1)! : 0
  const kind = isProduct ? ` ${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}` : ''
  const most = inputs.length > 4 ? [] : inputs
  return {
    name: `${name}${kind} ${most.map(({ shape }) => shape.join('×') || '1').join(' ')} → ${outputs[0]!.shape.join('×') || '1'}`,
    gflop: (2 * inner * tf.util.sizeFromShape(outputs[0]!.shape)) / 1e9,
    megabytes: (4 * floats) / 1e6,
  }
}

function profile(row: StepRow, trace: Trace, say: (text: string) => void): void {
  const running = row.start()
  running.call()
  running.call()
  let calls: Entry[] = []
  let wholeMs = Infinity
  const beginMs = performance.now()
  for (let step = 0; step < mostSteps && performance.now() - beginMs < budgetMs; step++) {
    let at = 0
    const before = calls
    const now: Entry[] = []
    trace.seen = (entry) => {
      now.push({ ...entry, leastMs: Math.min(entry.leastMs, before[at]?.name === entry.name ? before[at]!.leastMs : Infinity) })
      at++
    }
    const startMs = performance.now()
    running.call()
    wholeMs = Math.min(wholeMs, performance.now() - startMs)
    trace.seen = () => {}
    calls = now
  }
  running.end()
  sayProfile(row, { calls, wholeMs, say })
}

interface Profile {
  readonly calls: readonly Entry[]
  readonly wholeMs: number
  readonly say: (text: string) => void
}

function sayProfile(row: StepRow, { calls, wholeMs, say }: Profile): void {
  const kernelsMs = sumOf(calls, ({ leastMs }) => leastMs)
  const productMs = sumOf(calls, ({ leastMs, gflop }) => (gflop > 0 ? leastMs : 0))
  say('')
  say(`${row.name}: ${wholeMs.toFixed(2)} ms on one thread; ${calls.length} kernels ${kernelsMs.toFixed(2)}, of these products ${productMs.toFixed(2)}`)
  const byName = new Map<string, Entry[]>()
  for (const call of calls) byName.set(call.name, [...(byName.get(call.name) ?? []), call])
  const groups = [...byName].map(([name, group]) => ({ name, group, ms: sumOf(group, ({ leastMs }) => leastMs) }))
  for (const { name, group, ms } of groups.sort((x, y) => y.ms - x.ms).slice(0, shown)) {
    const gflop = sumOf(group, (entry) => entry.gflop)
    const rate = gflop > 0 ? `${(gflop / ms * 1000).toFixed(0)} GFLOP/s` : `${(sumOf(group, (entry) => entry.megabytes) / ms).toFixed(1)} GB/s`
    say(`  ${ms.toFixed(2).padStart(7)} ms ${`${group.length} ×`.padStart(5)} ${rate.padStart(14)}  ${name}`)
  }
}

function sumOf(entries: readonly Entry[], value: (entry: Entry) => number): number {
  return entries.reduce((sum, entry) => sum + value(entry), 0)
}
