/**
 * What this machine has, what is missing, and what that costs. Looks and never installs, loads no tensor library and
 * needs no Electron, so that the command line, the served workbench and the desktop application share it.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Finding } from '../../contract/system'
import { loadAddon, type Addon } from '../../engine/backends/native/addon'
import { findChromium } from '../serve/desktop'

const wantedNodeApi = 10

/** Every finding, in the order in which they matter. */
export async function diagnose(): Promise<readonly Finding[]> {
  const [gpu, native, wasm, js] = [await examineGpu(), examineNative(), examineWasm(), examineJs()]
  return [
    examineNode(process.versions),
    await examineSqlite(),
    examineElectron(),
    examineChoice([gpu, native, wasm, js]),
    native,
    wasm,
    js,
    gpu,
    examineChromium(findChromium()),
  ]
}

/**
 * Which of these, fastest first, computes, and why none before it. It is what the choice at the start comes to, as far
 * as can be seen without loading them; the status bar tells what was really chosen.
 */
export function examineChoice(backends: readonly Finding[]): Finding {
  const subject = 'Computes with'
  const chosen = backends.findIndex(({ state }) => state === 'present')
  const passedOver = backends.slice(0, chosen < 0 ? undefined : chosen).map((one) => `${one.subject}: ${one.found}`)
  const because = passedOver.length > 0 ? `; faster ones not here: ${passedOver.join('; ')}` : ', the fastest this program knows'
  if (chosen >= 0) return { subject, state: 'present', found: `${backends[chosen]!.subject}${because}`, cost: '', remedy: '' }
  return { subject, state: 'broken', found: passedOver.join('; '), cost: 'nothing can be trained', remedy: 'npm install' }
}

const modules = createRequire(import.meta.url)

/** The folder of an installed package, or undefined. Asks for no file that a package may keep to itself. */
function packageFolder(name: string): string | undefined {
  const places = modules.resolve.paths(name) ?? []
  return places.map((place) => join(place, name)).find((folder) => existsSync(join(folder, 'package.json')))
}

/** The compiled kernels: which instruction set and how many threads they use here, and how fast a product is. */
export function examineNative(loaded: ReturnType<typeof loadAddon> = loadAddon()): Finding {
  const subject = 'Native kernels'
  if (!loaded.ok) {
    const cost = 'training runs on WebAssembly, several times slower'
    return { subject, state: 'missing', found: loaded.error.message, cost, remedy: 'a C++ compiler; npm start then builds them' }
  }
  const addon = loaded.value
  const speed = `${Math.round(productSpeed(addon))} GFLOP/s in a 512³ product`
  return {
    subject,
    state: 'present',
    found: `${addon.instructionSet()}, ${addon.threads()} threads, ${speed}`,
    cost: '',
    remedy: '',
  }
}

/** GFLOP/s of the fastest of a few products of two 512 x 512 matrices; the others paid for waking the threads. */
function productSpeed(addon: Addon): number {
  const n = 512
  const [a, b, out] = [1, 2, 0].map((value) => new Float32Array(n * n).fill(value)) as [Float32Array, Float32Array, Float32Array]
  let fastestMs = Infinity
  for (let repeat = 0; repeat < 12; repeat++) {
    const startMs = performance.now()
    addon.multiply(a, b, out, 1, n, n, n, 0, 0, 0, 0, null, 0, 0, null)
    fastestMs = Math.min(fastestMs, performance.now() - startMs)
  }
  return (2 * n ** 3) / (fastestMs * 1e6)
}

function versionIn(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string } // npm's own
  return version
}

export function examineNode({ node, napi, electron }: NodeJS.ProcessVersions): Finding {
  const isModern = Number(napi ?? 0) >= wantedNodeApi
  return {
    subject: 'Node',
    state: isModern ? 'present' : 'broken',
    found: `${node}, Node-API ${napi ?? 'unknown'}${electron ? `, inside Electron ${electron}` : ''}`,
    cost: isModern ? '' : 'the project store cannot be opened',
    remedy: isModern ? '' : 'start through npm start, which fetches a current Node, or install Node 22.14 or newer',
  }
}

async function examineSqlite(): Promise<Finding> {
  const subject = 'SQLite'
  if (Number(process.versions['napi'] ?? 0) < wantedNodeApi) {
    // Opening it under an older Node ends the process.
    return { subject, state: 'broken', found: 'not tried', cost: 'no project can be opened', remedy: 'a newer Node' }
  }
  try {
    const { default: Database } = await import('better-sqlite3')
    const database = new Database(':memory:')
    const version = database.prepare('select sqlite_version()').pluck().get()
    database.close()
    const folder = packageFolder('better-sqlite3')
    const found = `SQLite ${String(version)} in better-sqlite3 ${folder ? versionIn(folder) : ''}`.trim()
    return { subject, state: 'present', found, cost: '', remedy: '' }
  } catch (error) {
    const found = firstLine(error)
    return { subject, state: 'broken', found, cost: 'no project can be opened', remedy: 'npm install' }
  }
}

function examineElectron(): Finding {
  const subject = 'Electron'
  if (process.versions['electron']) {
    return { subject, state: 'present', found: `${process.versions['electron']}, running`, cost: '', remedy: '' }
  }
  const cost = 'no desktop window; the same workbench is served to a browser'
  const folder = packageFolder('electron')
  if (!folder) return { subject, state: 'missing', found: 'not installed', cost, remedy: 'npm install' }
  const binary = existsSync(join(folder, 'path.txt'))
    ? join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), readFileSync(join(folder, 'path.txt'), 'utf8'))
    : undefined
  const version = versionIn(folder)
  if (binary && existsSync(binary)) return { subject, state: 'present', found: version, cost: '', remedy: '' }
  const remedy = 'npm start downloads it where there is a desktop; ELECTRON_MIRROR names another source'
  return { subject, state: 'missing', found: `package ${version} without its binary`, cost, remedy }
}

function examineWasm(): Finding {
  const subject = 'TensorFlow.js, WebAssembly'
  const cost = 'training runs on the plain JavaScript backend, many times slower'
  const folder = packageFolder('@tensorflow/tfjs-backend-wasm')
  if (!folder) return { subject, state: 'missing', found: 'not installed', cost, remedy: 'npm install' }
  const hasBinary = existsSync(join(folder, 'dist', 'tfjs-backend-wasm-simd.wasm'))
  if (!hasBinary) return { subject, state: 'broken', found: 'package without its .wasm files', cost, remedy: 'npm install' }
  return { subject, state: 'present', found: versionIn(folder), cost: '', remedy: '' }
}

function examineJs(): Finding {
  const subject = 'TensorFlow.js, plain JavaScript'
  const folder = packageFolder('@tensorflow/tfjs')
  if (folder) return { subject, state: 'present', found: versionIn(folder), cost: '', remedy: '' }
  return { subject, state: 'missing', found: 'not installed', cost: 'nothing can be trained', remedy: 'npm install' }
}

async function examineGpu(): Promise<Finding> {
  const subject = 'tfjs-node-gpu'
  const card = await findCard()
  const cost = 'training runs on the processor'
  const remedy = 'npm run setup:tfjs; it needs CUDA 11.2, cuDNN 8.1 and access to storage.googleapis.com'
  const folder = packageFolder('@tensorflow/tfjs-node-gpu')
  if (!card) {
    const found = `no NVIDIA card; package ${folder ? versionIn(folder) : 'not installed'}`
    return { subject, state: 'not needed', found, cost: '', remedy: '' }
  }
  if (!folder) return { subject, state: 'missing', found: `${card}; package not installed`, cost, remedy }
  const hasNative = existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node')) && existsSync(join(folder, 'deps', 'lib'))
  if (!hasNative) {
    return { subject, state: 'missing', found: `${card}; package ${versionIn(folder)} without its native half`, cost, remedy }
  }
  return { subject, state: 'present', found: `${card}; ${versionIn(folder)} with its native half`, cost: '', remedy: '' }
}

/** Name of the first NVIDIA card, by the driver's own tool. */
async function findCard(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      timeout: 5_000,
    })
    return stdout.trim().split('\n')[0] || undefined
  } catch {
    return undefined // no driver, no card
  }
}

export function examineChromium(path: string | undefined): Finding {
  const subject = 'Chromium'
  if (path) return { subject, state: 'present', found: path, cost: '', remedy: '' }
  return {
    subject,
    state: 'missing',
    found: 'not found',
    cost: 'the served workbench cannot export PDF; browser tests are skipped',
    remedy: 'install Chromium or Chrome, or name one in GROKSCOPE_CHROMIUM',
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
