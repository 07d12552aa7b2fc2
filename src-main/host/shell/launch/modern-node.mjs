/**
 * A Node new enough for the program, where the running one is not.
 *
 * better-sqlite3 needs Node-API 10 (Node 22.14); opened under an older Node it ends the process without a message.
 * npm carries Node itself as ordinary packages for the common platforms, so that is where a current one comes from,
 * once, into node_modules. With a modern Node nothing is fetched.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { runChild } from './child.mjs'
import { root } from './root.mjs'

const version = '24.21.0'
const wantedNodeApi = 10
const packaged = ['linux-x64', 'linux-arm64', 'win-x64']

export function isModernNode(versions = process.versions) {
  return Number(versions.napi ?? 0) >= wantedNodeApi
}

/** The npm package with a Node for this machine, or undefined where there is none. */
export function nodePackage(platform = process.platform, arch = process.arch) {
  const name = `${platform === 'win32' ? 'win' : platform}-${arch}`
  return packaged.includes(name) ? `node-${name}` : undefined
}

/** Where the fetched Node lies below `prefix`. */
export function nodePath(prefix, name) {
  return join(prefix, 'node_modules', name, 'bin', name.startsWith('node-win') ? 'node.exe' : 'node')
}

async function fetchNode(prefix, name) {
  process.stdout.write(`Node ${process.versions.node} is older than 22.14; fetching Node ${version} from npm (once) …\n`)
  mkdirSync(prefix, { recursive: true })
  // The folder is where npm runs rather than an argument, because a shell would split a path with spaces.
  const args = ['install', '--prefix', '.', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit']
  args.push('--no-fund', '--loglevel', 'error', `${name}@${version}`)
  // Under `npm run` npm says where it is; a bare `npm` needs a shell on Windows, where it is a .cmd file.
  const npm = process.env['npm_execpath']
  const code = npm?.endsWith('.js')
    ? await runChild(process.execPath, [npm, ...args], { cwd: prefix })
    : await runChild('npm', args, { shell: process.platform === 'win32', cwd: prefix })
  if (code !== 0) {
    throw new Error(`npm could not fetch ${name}@${version} (exit code ${code}); install Node 22.14 or newer instead`)
  }
}

/** Runs this same command line under a new enough Node, which the command's own children inherit by PATH. */
export async function continueUnderModernNode() {
  const name = nodePackage()
  if (!name) {
    throw new Error(`Node ${process.versions.node} is too old; Grokscope needs Node 22.14 or newer on this platform`)
  }
  const prefix = join(root, 'node_modules', '.node24')
  const node = nodePath(prefix, name)
  if (!existsSync(node)) await fetchNode(prefix, name)
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
  const env = { ...process.env, PATH: path, npm_node_execpath: node, NODE: node }
  process.exitCode = await runChild(node, process.argv.slice(1), { env })
}
