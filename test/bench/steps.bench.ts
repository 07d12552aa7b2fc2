/**
 * Training steps against PyTorch at its best, TensorFlow.js's WebAssembly, and what the machine could do at most.
 *
 * Every row is one formulation, the same on all sides unless the line says otherwise. A ratio is PyTorch's median over
 * ours from the same race. The floor is the longer of the time its products take at the rate of multiply-adds and the
 * time its bytes take at the rate of copying that many; a step that does both one after the other takes their sum.
 */
import { backendContender, readyBackends, type Contender, type Ready } from './components/contender'
import { buildFloor, copying, multiplyAdds } from './components/floor'
import { noteOf, race, type Standing } from './components/race'
import { readingRows } from './components/reading-rows'
import { stepRows, type StepRow } from './components/step-rows'
import { createTorchPool, findTorch, type TorchPool } from './components/torch'

type Say = (text: string) => void

/** The package's one-threaded WebAssembly is many times slower; a few windows say by how much. */
const options = { wanted: 9, budgetMs: 25_000 }
const slowOptions = { wanted: 3, budgetMs: 6_000 }

export default async function bench(_report: unknown, say: Say): Promise<void> {
  const ready = await readyBackends(['cuda', 'native', 'node', 'wasm'])
  const torches = findTorch()
  say(`backends: ${ready.map(({ id }) => id).join(', ')}`)
  say(torches.length > 0 ? `PyTorch: ${torches.map(describe).join('; ')}` : 'PyTorch: none found; GROKSCOPE_PYTHON names a Python that has it')
  const floorRates = buildFloor() ? await measureFloor(say) : undefined
  const pool = createTorchPool(torches, 'bench_steps.py')
  try {
    for (const row of [...stepRows, ...readingRows]) await benchRow(row, { ready, pool, floorRates, say })
  } finally {
    pool.end()
  }
}

const describe = ({ version, python }: { version: string; python: string }): string => `${version} (${python})`

interface FloorRates {
  readonly gflops: number
}

async function measureFloor(say: Say): Promise<FloorRates> {
  const peak = multiplyAdds()
  const found = await race([peak], { wanted: 9, budgetMs: 8_000 })
  const gflops = found.get(peak.name)!.highestValue
  say(`multiply-adds, all cores: ${gflops.toFixed(0)} GFLOP/s${noteOf(found.get(peak.name)!)}`)
  return { gflops }
}

interface Surroundings {
  readonly ready: readonly Ready[]
  readonly pool: TorchPool
  readonly floorRates: FloorRates | undefined
  readonly say: Say
}

async function benchRow(row: StepRow, { ready, pool, floorRates, say }: Surroundings): Promise<void> {
  const torchRow = row.torchRow ?? row.name
  const trials = await pool.trials(torchRow)
  const versions = [...new Set(trials.map(({ choice }) => choice.torch.version))]
  const bests = versions.flatMap((version) => trials.filter(({ choice }) => choice.torch.version === version).slice(0, 2))
  const ours = ready.map((backend) => backendContender(backend, () => row.start()))
  const [fast, slow] = [ours.filter(({ name }) => name !== 'wasm'), ours.filter(({ name }) => name === 'wasm')]
  const found = new Map<string, Standing>()
  await raceInto(found, [...fast, ...bests.map(({ choice }) => pool.contender(choice, torchRow))], options)
  await raceInto(found, slow, slowOptions)

  say('')
  say(`${row.name}${row.torchRow ? `   (PyTorch in another formulation: ${row.torchRow})` : ''}`)
  const own = found.get(ready[0]!.id)!
  const best = bests.map(({ choice }) => found.get(choice.name)).filter((standing) => standing !== undefined)
  const bestMs = Math.min(...best.map(({ medianMs }) => medianMs))
  for (const [name, standing] of found) {
    const ratio = standing === own ? '' : `${(standing.medianMs / own.medianMs).toFixed(2)} ×`
    say(`  ${name.padEnd(52)} ${standing.medianMs.toFixed(2).padStart(9)} ms ${ratio.padStart(9)}${noteOf(standing)}`)
  }
  for (const { choice, ms } of trials.filter(({ choice }) => choice.isDefault)) {
    say(`  ${`${choice.name} (its fastest window)`.padEnd(52)} ${ms.toFixed(2).padStart(9)} ms`)
  }
  const floorMs = floorRates ? await sayFloor(row, { own, floorRates, say }) : 0
  if (row.wanted && best.length > 0) {
    const ratio = bestMs / own.medianMs
    const bound = floorMs > 0 ? `; at the floor it would be ${(bestMs / floorMs).toFixed(2)} ×` : ''
    say(`  wanted: ${row.wanted} × PyTorch’s best; ${ratio >= row.wanted ? 'reached' : 'NOT reached'} with ${ratio.toFixed(2)} ×${bound}`)
  }
}

async function raceInto(
  found: Map<string, Standing>,
  contenders: readonly Contender[],
  limits: { readonly wanted: number; readonly budgetMs: number },
): Promise<void> {
  for (const [name, standing] of await race(contenders, limits)) found.set(name, standing)
  contenders.forEach((contender) => contender.end())
}

/** Returns the floor, in ms. */
async function sayFloor(
  { gflop, megabytes }: StepRow,
  { own, floorRates, say }: { readonly own: Standing; readonly floorRates: FloorRates; readonly say: Say },
): Promise<number> {
  const copy = copying(megabytes * 1e6)
  const rate = (await race([copy], { wanted: 3, budgetMs: 2_000 })).get(copy.name)!.highestValue
  const productsMs = (gflop / floorRates.gflops) * 1000
  const bytesMs = megabytes / rate
  const floorMs = Math.max(productsMs, bytesMs)
  say(
    `  floor: ${gflop.toFixed(2)} GFLOP = ${productsMs.toFixed(2)} ms, ${megabytes.toFixed(0)} MB at ${rate.toFixed(0)} GB/s = ` +
      `${bytesMs.toFixed(2)} ms; ours is at ${((100 * floorMs) / own.medianMs).toFixed(0)} % of it`,
  )
  return floorMs
}
