/**
 * `npm run claims [-- recipe …]`: every recipe at the paper's scale with three seeds, its verdicts recorded beside the
 * release in resources/claims/<recipe>.json. `--scale` and `--seeds` change the size.
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

/** Recipes are the files that carry a year; the rest of the folder is their noun and their parts. */
function recipeIds() {
  const files = readdirSync(join(root, 'src-main/lab/recipes'))
  return files.filter((file) => /-\d{4}[a-z]?\.ts$/.test(file)).map((file) => file.slice(0, -3))
}

const folder = join(root, values.scale === 'paper' ? 'resources/claims' : 'test/artifacts/claims')
mkdirSync(folder, { recursive: true })
const launcher = join(root, 'src-main/host/entry/launch.mjs')
const failed = (positionals.length > 0 ? positionals : recipeIds()).filter((id) => {
  process.stdout.write(`\n── ${id}, scale ${values.scale}, ${values.seeds} seeds\n`)
  const size = ['--scale', values.scale, '--seeds', values.seeds, '--out', join(folder, `${id}.json`)]
  return spawnSync(process.execPath, [launcher, 'run', id, ...size], { cwd: root, stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) process.stderr.write(`\nfailed: ${failed.join(', ')}\n`)
process.exit(failed.length === 0 ? 0 : 1)
