/** What the served workbench borrows from a desktop where there is one: a browser to open, a Chromium to print with. */
import { execFile, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { AppError } from '../../base/result'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']
const fixedPlaces: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
}

/** Path of a Chromium on this machine; `GROKSCOPE_CHROMIUM` wins. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const asked = env['GROKSCOPE_CHROMIUM']
  if (asked) return isExecutable(asked) ? asked : undefined
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...candidates, ...(fixedPlaces[process.platform] ?? [])].find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Opens the address in the desktop's browser; false where there is no desktop to open it on. */
export function openBrowser(address: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const { platform } = process
  if (env['CI'] || env['SSH_CONNECTION']) return false
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return false
  const [program, ...args] =
    platform === 'darwin'
      ? ['open', address]
      : platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address]
  const child = spawn(program ?? '', args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined) // no opener: the printed address is the way in
  child.unref()
  return true
}

/** Chromium's switches for work without a window; as root its sandbox cannot start. */
export function headlessSwitches(isRoot = process.getuid?.() === 0): readonly string[] {
  const quiet = ['--headless', '--disable-gpu', '--no-first-run', '--disable-sync', '--disable-quic']
  const still = ['--disable-background-networking', '--disable-component-update', '--disable-extensions']
  return [...quiet, ...still, ...(isRoot ? ['--no-sandbox'] : [])]
}

/** Prints a self-contained page with Chromium; throws ACTION_UNAVAILABLE when it cannot. */
export async function printWithChromium(chromium: string, html: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'grokscope-pdf-'))
  try {
    const page = join(folder, 'page.html')
    const pdf = join(folder, 'page.pdf')
    await writeFile(page, html, { mode: 0o600 })
    const own = [`--user-data-dir=${join(folder, 'profile')}`, '--no-pdf-header-footer', `--print-to-pdf=${pdf}`]
    await promisify(execFile)(chromium, [...headlessSwitches(), ...own, pathToFileURL(page).href], { timeout: 60_000 })
    return new Uint8Array(await readFile(pdf))
  } catch (cause) {
    throw new AppError({ code: 'ACTION_UNAVAILABLE', message: 'Chromium could not print the page' }, { cause })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
