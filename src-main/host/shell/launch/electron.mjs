/**
 * The desktop window, where this machine can open one.
 *
 * 1. Is a window wanted and possible here (no CI, a display on Linux)?
 * 2. Is Electron's binary there? npm does not download it; its own installer does, with a time cap.
 * 3. Does it stay up? A start that dies at once for a known reason of the machine falls back to the served workbench.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runChild } from './child.mjs'
import { root } from './root.mjs'

const downloadCapMs = 180_000
const reachableCapMs = 5_000
const startupMs = 15_000

/** Why no window can be opened here, or undefined when one can. */
export function noWindowReason(env = process.env, platform = process.platform) {
  if (env.GROKSCOPE_SERVE === '1') return 'GROKSCOPE_SERVE is set'
  if (env.CI && env.CI !== 'false') return 'this is a CI machine'
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no display'
  return undefined
}

function electronFolder() {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve('electron/package.json'))
  } catch {
    return undefined // not installed: a production install has no development dependencies
  }
}

/** Path of Electron's executable when it is there. Never imports `electron`, which would start a download. */
export function electronBinary(folder = electronFolder(), env = process.env) {
  if (!folder || !existsSync(join(folder, 'path.txt'))) return undefined
  const dist = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist')
  const binary = join(dist, readFileSync(join(folder, 'path.txt'), 'utf8'))
  return existsSync(binary) ? binary : undefined
}

/** Whether the download's host answers at all; an unreachable one is then known in seconds rather than minutes. */
async function isReachable(env = process.env) {
  if (env.ELECTRON_GET_USE_PROXY || env.HTTPS_PROXY || env.https_proxy) return true // only the installer knows proxies
  const host = env.ELECTRON_MIRROR ?? env.npm_config_electron_mirror ?? 'https://github.com/'
  try {
    await fetch(host, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(reachableCapMs) })
    return true
  } catch {
    return false
  }
}

async function downloadElectron(folder) {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (!(await isReachable())) return `Electron ${version} is not installed and its download host cannot be reached`
  process.stdout.write(`Downloading Electron ${version} (about 110 MB, once) …\n`)
  const failed = await new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: ['ignore', 'inherit', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk) => {
      complaint += chunk
      if (process.stderr.isTTY) process.stderr.write(chunk)
    })
    const cap = setTimeout(() => child.kill(), downloadCapMs)
    child.on('close', (code, signal) => {
      clearTimeout(cap)
      if (code === 0) return resolve(undefined)
      resolve(signal ? `it took longer than ${downloadCapMs / 60_000} minutes` : complaint.trim().split('\n')[0])
    })
  })
  return failed ? `Electron ${version} could not be downloaded: ${failed}` : undefined
}

const sandboxRemedy = [
  'Electron could not start its sandbox. On Ubuntu 23.10 and later allow it by an AppArmor profile for the binary, or:',
  '  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  'As root Electron refuses to run sandboxed; start Grokscope as an ordinary user.',
  '',
].join('\n')

/** What a start that died at once says about the machine, or undefined when it says nothing known. */
export function machineReason(complaint) {
  if (/SUID sandbox|setuid_sandbox|No usable sandbox|without --no-sandbox/i.test(complaint)) {
    return { reason: 'its sandbox cannot start here', remedy: sandboxRemedy }
  }
  const library = /error while loading shared libraries: ([^:\s]+)/.exec(complaint)?.[1]
  if (library) return { reason: `the library ${library} is missing`, remedy: '' }
  if (/Missing X server|cannot open display|Failed to connect to the bus.*display|ozone_platform/i.test(complaint)) {
    return { reason: 'the display cannot be opened', remedy: '' }
  }
  return undefined
}

/**
 * Runs the desktop application to its end. Resolves with its exit code, or with the reason why there is no window,
 * and the arguments that the served workbench takes over.
 */
export async function runElectron(args) {
  const reason = noWindowReason()
  if (reason) return { reason, args: servedArgs(args) }
  const folder = electronFolder()
  if (!folder) return { reason: 'Electron is not installed', args: servedArgs(args) }
  if (!electronBinary(folder)) {
    const failure = await downloadElectron(folder)
    if (failure) return { reason: failure, args: servedArgs(args) }
  }
  const binary = electronBinary(folder)
  if (!binary) return { reason: 'Electron is not complete after its download', args: servedArgs(args) }
  return watchElectron(binary, args)
}

export async function watchElectron(binary, args) {
  const env = { ...process.env }
  delete env.ELECTRON_RUN_AS_NODE
  const startedMs = performance.now()
  let complaint = ''
  try {
    const onStderr = (text) => (complaint = (complaint + text).slice(-20_000))
    const exitCode = await runChild(binary, [root, ...args], { env, onStderr })
    const diedAtOnce = exitCode !== 0 && performance.now() - startedMs < startupMs
    const found = diedAtOnce ? machineReason(complaint) : undefined
    if (!found) return { exitCode }
    process.stderr.write(found.remedy)
    return { reason: found.reason, args: servedArgs(args) }
  } catch (error) {
    return { reason: `Electron cannot be run (${error.code ?? error.message})`, args: servedArgs(args) }
  }
}

/** A project given to the desktop application as a plain file becomes an option of the served one. */
function servedArgs(args) {
  return args.flatMap((arg) => (/\.grokscope$/.test(arg) && !arg.startsWith('-') ? ['--project', arg] : [arg]))
}

/** Development with reloading: in Electron where there is one, otherwise the served workbench before the dev server. */
export async function developUnderElectron(args) {
  const env = { ...process.env }
  if (noWindowReason() || !electronBinary()) {
    Object.assign(env, { ELECTRON_EXEC_PATH: process.execPath, ELECTRON_ENTRY: join(root, 'out', 'main', 'serve.js') })
  }
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  process.exitCode = await runChild(process.execPath, [builder, 'dev', ...(args.length ? ['--', ...args] : [])], { env })
}
