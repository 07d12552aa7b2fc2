/**
 * `npm run claims [-- recipe …]`: every recipe at the paper's scale with three seeds, its verdicts recorded with the
 * release (resources/claims) and its report kept in test/artifacts. Another `--scale` records nothing.
 *
 * Exits with 3 when a claim was not reproduced, with 1 when something failed.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: 'paper' }, seeds: { type: 'string', default: '3' } },
})
const notReproduced = 3

/** Recipes are the files that carry a year; the rest of the folder is their noun and their parts. */
function recipeIds() {
  const files = readdirSync(join(root, 'src-main/lab/recipes'))
  return files.filter((file) => /-\d{4}[a-z]?\.ts$/.test(file)).map((file) => file.slice(0, -3))
}

const folder = join(root, 'test/artifacts/claims')
mkdirSync(folder, { recursive: true })
const launcher = join(root, 'src-main/host/entry/launch.mjs')
const outcomes = (positionals.length > 0 ? positionals : recipeIds()).map((id) => {
  process.stdout.write(`\n── ${id}, scale ${values.scale}, ${values.seeds} seeds\n`)
  const size = ['--scale', values.scale, '--seeds', values.seeds]
  const kept = ['--out', join(folder, `${id}-${values.scale}.html`), ...(values.scale === 'paper' ? ['--record'] : [])]
  const { status } = spawnSync(process.execPath, [launcher, 'run', id, ...size, ...kept], { cwd: root, stdio: 'inherit' })
  return { id, status }
})

for (const { id, status } of outcomes) {
  const word = status === 0 ? 'reproduced' : status === notReproduced ? 'not every claim reproduced' : `failed (${status})`
  process.stdout.write(`${id}: ${word}\n`)
}
const statuses = outcomes.map(({ status }) => status)
process.exit(statuses.some((status) => status !== 0 && status !== notReproduced) ? 1 : Math.max(0, ...statuses))
