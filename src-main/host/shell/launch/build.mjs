/** Builds `out/` when it does not answer to the sources, by a digest of their contents kept beside the result. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { hasSources, root } from './root.mjs'

const sources = [
  'electron.vite.config.ts',
  'package-lock.json',
  'resources/icons',
  'src-main',
  'src-renderer',
  'tsconfig.json',
]
const products = ['out/main/main.js', 'out/main/serve.js', 'out/main/headless.js', 'out/renderer/index.html']

function filesUnder(path) {
  const full = join(root, path)
  if (!existsSync(full)) return []
  const entries = readdirSync(full, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

/** One hash over the paths and contents of everything a build reads. */
export function sourceDigest() {
  const hash = createHash('sha256')
  const files = sources.flatMap((path) => (/\.\w+$/.test(path) ? [join(root, path)] : filesUnder(path)))
  for (const file of files.filter((path) => existsSync(path)).sort()) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

const stampFile = join(root, 'out', '.sources')

function isFresh(digest) {
  if (!products.every((path) => existsSync(join(root, path))) || !existsSync(stampFile)) return false
  return readFileSync(stampFile, 'utf8') === digest
}

/** Builds; throws with the builder's own words when it fails. */
export function buildNow() {
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  if (!existsSync(builder)) throw new Error('the build tools are not installed; run npm install first')
  const digest = sourceDigest()
  process.stdout.write('Building …\n')
  const { status, stdout, stderr } = spawnSync(process.execPath, [builder, 'build'], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build failed\n${stdout}${stderr}`)
  writeFileSync(stampFile, digest)
}

export async function buildWhenStale() {
  if (!hasSources) return
  await buildNative()
  if (!isFresh(sourceDigest())) buildNow()
}

/** Compiles the native backend where that is possible; where it is not, the program runs without and says so. */
export async function buildNative() {
  if (!hasSources) return
  const { buildNativeWhenStale } = await import('../../../engine/backends/native/build.mjs')
  await buildNativeWhenStale({ say: (text) => process.stdout.write(`${text}\n`) })
}
