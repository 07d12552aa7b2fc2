/**
 * A second process with the store in it: `node child.mjs <command> <path>`. Prints one JSON value a line.
 *
 *   hold      opens for writing, says so, and waits to be killed
 *   write     opens and writes checkpoint after checkpoint, saying each step once it is committed
 *   count     raises a number kept in the project, as often as the third argument says, opening it anew each time
 *   try       opens for writing, and says how that went
 *   open      the same, as a user without privileges, and says how that went
 *   read      the same, for reading
 *   fill      makes a project and fills the disk under it, then says what was lost
 */
import { readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { runnerImport } from 'vite'

const root = resolve(import.meta.dirname, '../../../..')
const { module: store } = await runnerImport(resolve(root, 'src-main/host/store/database.ts'), {
  configFile: false,
  logLevel: 'error',
})
const [command, path, amount] = process.argv.slice(2)
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

const part = { id: 'any', settings: {} }
const spec = { task: part, model: part, optimizer: part, loss: part, schedule: {}, seed: 1 }
const newRun = { name: 'child', spec, lastStep: 1000, madeWith: 'test' }

function stateAt(step) {
  const data = Float32Array.from({ length: 20_000 }, (_, i) => step + i / 7)
  const params = { W_in: { axes: ['d_mlp'], shape: [data.length], data } }
  const cursor = { epoch: 0, offset: 0, orderRng: [1, 2, 3, 4] }
  return { step, params, buffers: {}, slots: {}, rng: [1, 2, 3, 4], cursor }
}

function opened(options) {
  const result = store.openStore(path, options)
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

/** Root may write everything, so the question is asked as nobody; the native part is loaded before. */
function openAsNobody(options) {
  store.createStore(':memory:').value.dispose()
  if (process.getuid?.() === 0) process.setuid(65534)
  const result = store.openStore(path, options)
  say(result.ok ? { code: 'opened', runs: result.value.runs.list().length } : result.error)
  if (result.ok) result.value.dispose()
}

function fill() {
  const created = store.createStore(path, amount ? { sizeLimitBytes: Number(amount) } : {})
  if (!created.ok) return say({ created: created.error.code, left: readdirSync(dirname(path)) })
  const project = created.value
  const { id } = project.runs.create(newRun)
  const written = []
  let refused
  for (let step = 1; !refused && step < 1000; step++) {
    project.measurements.append(id, [{ step, values: { loss: step } }])
    const result = project.checkpoints.write(id, stateAt(step))
    if (result.ok) written.push(step)
    else refused = result.error.code
  }
  let thrown = 'nothing'
  try {
    for (let i = 0; i < 1000; i++) project.sessions.saveLayout(`layout ${i}`, 'x'.repeat(50_000))
  } catch (failure) {
    thrown = failure.code
  }
  project.dispose()

  const again = opened()
  const loads = written.map((step) => again.checkpoints.load(id, step))
  const intact = loads.filter((load, i) => load.ok && load.value.params.W_in.data[0] === written[i]).length
  again.dispose()
  return say({ refused, thrown, written: written.length, intact })
}

switch (command) {
  case 'hold':
    opened()
    say('holding')
    setInterval(() => {}, 1000)
    break
  case 'write': {
    const project = opened()
    const { id } = project.runs.create(newRun)
    project.runs.change(id, { state: 'running' })
    for (let step = 1; ; step++) {
      project.measurements.append(id, [{ step, values: { loss: 1 / step } }])
      const written = project.checkpoints.write(id, stateAt(step))
      say(written.ok ? { id, step } : written.error)
    }
  }
  case 'count':
    for (let raised = 0; raised < Number(amount); ) {
      const result = store.openStore(path)
      if (!result.ok) {
        if (result.error.code !== 'PROJECT_IN_USE') say(result.error)
        continue
      }
      result.value.sessions.save(String(Number(result.value.sessions.load() ?? 0) + 1))
      result.value.dispose()
      raised++
    }
    say('counted')
    break
  case 'try': {
    const result = store.openStore(path)
    say(result.ok ? 'opened' : result.error.code)
    break
  }
  case 'open':
    openAsNobody()
    break
  case 'read':
    openAsNobody({ isReadOnly: true })
    break
  case 'fill':
    fill()
    break
  default:
    throw new Error(`unknown command '${command}'`)
}
