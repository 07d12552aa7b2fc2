/**
 * Matrix products at the shapes that training uses, in GFLOP/s: native kernels, PyTorch's library at its best, the
 * WebAssembly backend, and the rate of multiply-adds that no product can pass.
 *
 * Names are kinds and m x k x n: NN is a · b, NT has b transposed in memory, TN has a transposed (a weight's gradient).
 */
import { tf } from '@main/engine/tf'
import { backendContender, readyBackends, type Contender, type Ready } from './components/contender'
import { buildFloor, multiplyAdds } from './components/floor'
import { race, type Standing } from './components/race'
import { createTorchPool, findTorch, type TorchPool } from './components/torch'

const shapes = [
  'NN 3830x128x512', 'NN 3830x512x128', 'NN 512x512x512', 'NN 4704x500x97', 'NN 4704x194x500', 'NN 11490x128x512',
  'NT 3830x512x128', 'NT 3830x128x512', 'NT 4704x97x500',
  'TN 128x3830x512', 'TN 512x3830x128', 'TN 500x4704x97', 'TN 194x4704x500', 'TN 128x11490x512',
] as const

const options = { wanted: 7, budgetMs: 6_000, windowMs: 80 }

export default async function bench(_report: unknown, say: (text: string) => void): Promise<void> {
  const ready = await readyBackends(['native', 'node', 'wasm'])
  const torches = findTorch()
  const peak = buildFloor() ? (await race([multiplyAdds()], { wanted: 9, budgetMs: 8_000 })).get('multiply-adds') : undefined
  say(`multiply-adds, all cores: ${peak ? peak.highestValue.toFixed(0) : 'no compiler, not measured'} GFLOP/s`)
  if (torches.length === 0) say('PyTorch: none found; GROKSCOPE_PYTHON names a Python that has it')
  const columns = [...ready.map(({ id }) => id), ...torches.map(({ version }) => `torch ${version}`), 'of the best', 'of the peak']
  say([''.padEnd(20), ...columns.map((column) => column.padStart(15))].join(''))

  const pool = createTorchPool(torches, 'bench_products.py')
  try {
    for (const shape of shapes) {
      const rates = await ratesOf(shape, { ready, versions: torches.map(({ version }) => version), pool })
      const [ours, ...others] = rates
      const share = (part: number, whole: number): string => (whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '')
      const cells = rates.map(({ gflops, mark }) => `${gflops.toFixed(0)}${mark}`)
      cells.push(share(ours!.gflops, Math.max(...others.map(({ gflops }) => gflops))), share(ours!.gflops, peak?.highestValue ?? 0))
      say([shape.padEnd(20), ...cells.map((cell) => cell.padStart(15))].join(''))
    }
  } finally {
    pool.end()
  }
  say('! fewer than three quiet windows; the quietest five count')
}

interface Rate {
  readonly gflops: number
  readonly mark: '' | '!'
}

interface Field {
  readonly ready: readonly Ready[]
  readonly versions: readonly string[]
  readonly pool: TorchPool
}

/** Backends first, then a column for each version of PyTorch. */
async function ratesOf(shape: string, { ready, versions, pool }: Field): Promise<readonly Rate[]> {
  const [m, k, n] = shape.slice(3).split('x').map(Number) as [number, number, number] // as the list above has them
  const trials = await pool.trials(shape)
  const choices = trials.map(({ choice }) => choice)
  const bests = versions.map((version) => choices.filter(({ torch }) => torch.version === version).slice(0, 2))
  const contenders: readonly Contender[] = [
    ...ready.map((backend) => backendContender(backend, () => startProduct(shape))),
    ...bests.flat().map((choice) => pool.contender(choice, shape)),
  ]
  const found = await race(contenders, options)
  contenders.forEach((contender) => contender.end())
  const rateOf = (standing: Standing | undefined): Rate => ({
    gflops: standing ? (2 * m * k * n) / (standing.medianMs * 1e6) : 0,
    mark: standing?.isQuiet ? '' : '!',
  })
  const fastest = (rates: readonly Rate[]): Rate => [...rates].sort((x, y) => y.gflops - x.gflops)[0] ?? { gflops: 0, mark: '' }
  return [
    ...ready.map(({ id }) => rateOf(found.get(id))),
    ...bests.map((ofVersion) => fastest(ofVersion.map(({ name }) => rateOf(found.get(name))))),
  ]
}

function startProduct(shape: string): { call(): number; end(): void } {
  const [isATransposed, isBTransposed] = [shape[0] === 'T', shape[1] === 'T']
  const [m, k, n] = shape.slice(3).split('x').map(Number) as [number, number, number] // as the list above has them
  const a = tf.randomUniform<tf.Rank.R2>(isATransposed ? [k, m] : [m, k], 0, 1, 'float32', 1)
  const b = tf.randomUniform<tf.Rank.R2>(isBTransposed ? [n, k] : [k, n], 0, 1, 'float32', 2)
  return {
    call() {
      tf.matMul(a, b, isATransposed, isBTransposed).dispose()
      return 0
    },
    end: () => tf.dispose([a, b]),
  }
}
