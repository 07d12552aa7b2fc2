/**
 * `npm run bench [-- name …]`: runs test/bench/*.bench.ts one after the other and prints what each measured.
 *
 * A bench is a module whose default export is an async function of `report(name, value, unit)`, which prints a line, and
 * `say(text)`, which prints one in words. Benches are loaded through Vite, as the program is, so that they may use
 * registries. Numbers are for reading.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'vite'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'test', 'bench')
const wanted = process.argv.slice(2)
const files = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((file) => file.endsWith('.bench.ts'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)))

/** Four significant digits, tabular. */
function shown(value) {
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 6 })
}

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  resolve: {
    alias: {
      '@contract': join(root, 'src-main/contract'),
      '@main': join(root, 'src-main'),
      '@renderer': join(root, 'src-renderer'),
      electron: join(root, 'test/fixtures/electron-fake.ts'),
    },
  },
})

process.stdout.write(`node ${process.version}, ${process.platform}-${process.arch}\n`)
if (files.length === 0) process.stdout.write('no bench has that name\n')
try {
  for (const file of files) {
    const { default: bench } = await server.ssrLoadModule(join(folder, file))
    process.stdout.write(`\n${file.replace('.bench.ts', '')}\n`)
    const say = (text) => process.stdout.write(`  ${text}\n`)
    await bench((name, value, unit) => say(`${name.padEnd(52)} ${shown(value).padStart(14)} ${unit}`), say)
  }
} catch (error) {
  process.stderr.write(`bench: ${error.stack}\n`)
  process.exitCode = 1
} finally {
  await server.close()
}
process.exit()
