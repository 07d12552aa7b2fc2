/**
 * Builds the addon with whatever C++ compiler the machine has, when its sources changed since the last build.
 *
 * Plain JavaScript without dependencies: the launcher runs it before anything else is built. It never throws; what kept
 * a build from happening is written beside the place of the product, where the backend and the doctor read it. The
 * addon needs nothing of Node but Node-API 8, so one build serves Node and Electron.
 *
 * Run by itself it builds at once and prints the compiler's words:
 *   node src-main/engine/backends/native/build.mjs [--sanitize=address,undefined | --sanitize=thread]
 * A sanitized build goes to a folder of its own, which nothing loads by itself.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const addon = join(here, 'addon')
const root = join(here, '../../../..')

/** Compiled once per instruction set; see addon/kernels.h. */
const kernelFiles = [
  'gemm', 'elementwise', 'reduce', 'softmax', 'embedding', 'movement', 'adam', 'normalization', 'attention', 'isa',
]
const plainFiles = [
  'thread-pool', 'scratch', 'call', 'arithmetic-functions', 'movement-functions', 'loss-functions', 'network-functions', 'addon',
]

const x64Sets = {
  avx512: ['-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx512bw', '-mfma', '-mavx2', '-mprefer-vector-width=512'],
  avx2: ['-mavx2', '-mfma'],
  sse2: [],
}
const setsByArch = { x64: x64Sets, arm64: { neon: [] } }

const warnings = ['-Wall', '-Wextra', '-Wshadow', '-Werror', '-Wno-psabi']
const shared = ['-std=c++17', '-fPIC', '-fvisibility=hidden', '-fno-rtti', '-pthread', ...warnings]
// Contraction gives fused multiply-adds; the two others let loops with roots and comparisons become vector code.
const kernelFlags = ['-O3', '-fno-exceptions', '-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math']
const plainFlags = ['-O2', '-DNAPI_VERSION=8', '-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED', '-DBUILDING_NODE_EXTENSION']

/** Where the product of this platform lies, and beside it the digest of what it was built from and what went wrong. */
export function productFolder(sanitize = '') {
  const name = `${process.platform}-${process.arch}${sanitize ? `-${sanitize.replace(/\W/g, '-')}` : ''}`
  return join(root, 'build', 'native', name)
}

function findCompiler() {
  const names = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean)
  for (const name of names) {
    const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' })
    if (status === 0) return { name, version: stdout.split('\n')[0] }
  }
  return undefined
}

/** Folder of node_api.h: the headers' own package, else those that came with Node. */
function findHeaders() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir
  } catch {
    const beside = join(dirname(process.execPath), '..', 'include', 'node')
    return existsSync(join(beside, 'node_api.h')) ? beside : undefined // a system without the package may have them
  }
}

function digestOf(facts) {
  const hash = createHash('sha256').update(JSON.stringify(facts))
  for (const name of readdirSync(addon).sort()) hash.update(name).update(readFileSync(join(addon, name)))
  return hash.update(readFileSync(fileURLToPath(import.meta.url))).digest('hex')
}

function jobsFor({ headers, objects, sanitize }) {
  // GCC takes the sanitizers' own stores for uninitialized reads.
  const quiet = ['-Wno-maybe-uninitialized', '-Wno-unknown-warning-option']
  const sanitizer = sanitize ? [`-fsanitize=${sanitize}`, '-fno-sanitize-recover=all', '-g', '-fno-omit-frame-pointer', ...quiet] : []
  const job = (source, object, flags) => ({
    object: join(objects, `${object}.o`),
    args: [...shared, ...flags, ...sanitizer, '-c', join(addon, `${source}.cc`), '-o', join(objects, `${object}.o`)],
  })
  const sets = Object.entries(setsByArch[process.arch] ?? { portable: [] })
  return [
    ...sets.flatMap(([set, flags]) =>
      kernelFiles.map((file) => job(file, `${file}-${set}`, [...kernelFlags, ...flags, `-DNATIVE_ISA=${set}`])),
    ),
    ...plainFiles.map((file) => job(file, file, [...plainFlags, `-I${headers}`])),
  ]
}

function runCompiler(compiler, args) {
  return new Promise((resolve) => {
    const child = spawn(compiler, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk) => (complaint += chunk))
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => resolve(code === 0 ? undefined : complaint || `the compiler ended with code ${code}`))
  })
}

/** As many compilations at once as there are cores; stops at the first that fails. */
async function compileAll(compiler, jobs) {
  const waiting = [...jobs]
  let failure
  async function worker() {
    for (let job = waiting.shift(); job && !failure; job = waiting.shift()) {
      failure ??= await runCompiler(compiler, job.args)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return failure
}

function linkFlags(sanitize) {
  const flags = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']
  return sanitize ? [...flags, `-fsanitize=${sanitize}`] : flags
}

async function compile({ compiler, headers, folder, sanitize }) {
  const objects = join(folder, `objects-${process.pid}`)
  mkdirSync(objects, { recursive: true })
  try {
    const jobs = jobsFor({ headers, objects, sanitize })
    const failure = await compileAll(compiler.name, jobs)
    if (failure) return failure
    const made = join(objects, 'grokscope.node')
    const args = [...linkFlags(sanitize), '-pthread', ...jobs.map(({ object }) => object), '-o', made]
    const linkFailure = await runCompiler(compiler.name, args)
    // Renamed into place, because a process may have the old one loaded.
    if (!linkFailure) renameSync(made, join(folder, 'grokscope.node'))
    return linkFailure
  } finally {
    rmSync(objects, { recursive: true, force: true })
  }
}

/**
 * Builds when the sources, the compiler or the flags changed. Returns what kept it from building, or undefined.
 * A build that failed is not tried again until something changes.
 */
export async function buildNativeWhenStale({ sanitize = '', say = () => {} } = {}) {
  // Delivered built: the backend looks there first.
  const delivered = join(root, 'resources', 'native', `${process.platform}-${process.arch}`, 'grokscope.node')
  if (!sanitize && existsSync(delivered)) return undefined
  const folder = productFolder(sanitize)
  const reasonFile = join(folder, 'reason.txt')
  const stampFile = join(folder, 'sources.txt')
  try {
    mkdirSync(folder, { recursive: true })
    const compiler = process.platform === 'win32' ? undefined : findCompiler()
    const headers = findHeaders()
    const stamp = digestOf({ compiler, headers, arch: process.arch })
    if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
      return existsSync(reasonFile) ? readFileSync(reasonFile, 'utf8') : undefined
    }
    const missing = missingFor({ compiler, headers })
    if (!missing) say('Compiling the native backend (once, under a minute) …')
    const reason = missing ?? (await compile({ compiler, headers, folder, sanitize }))
    if (reason) writeFileSync(reasonFile, reason)
    else rmSync(reasonFile, { force: true })
    writeFileSync(stampFile, stamp)
    return reason
  } catch (error) {
    return `the build could not be written: ${error instanceof Error ? error.message : String(error)}`
  }
}

function missingFor({ compiler, headers }) {
  if (process.platform === 'win32') return 'building on Windows is not supported'
  if (!compiler) return 'no C++ compiler was found (c++, g++ or clang++)'
  if (!headers) return 'the package node-api-headers is not installed'
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sanitize = process.argv.find((arg) => arg.startsWith('--sanitize='))?.slice('--sanitize='.length) ?? ''
  const reason = await buildNativeWhenStale({ sanitize, say: (text) => process.stdout.write(`${text}\n`) })
  process.stdout.write(`${reason ?? `built: ${productFolder(sanitize)}`}\n`)
  process.exitCode = reason ? 1 : 0
}
