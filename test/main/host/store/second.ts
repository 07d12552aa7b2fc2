/** Starts child.mjs: another process with the store in it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const script = join(import.meta.dirname, 'child.mjs')

export interface Second {
  readonly child: ChildProcess
  /** The next line it says. */
  said(): Promise<unknown>
  kill(): Promise<void>
}

export function startSecond(...args: string[]): Second {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    async said() {
      const { value, done } = await lines.next()
      return done ? undefined : JSON.parse(value)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Runs the command to its end; what it said last. */
export function askSecond(...args: string[]): unknown {
  return lastSaid(spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' }))
}

/**
 * The same on a disk of one megabyte mounted over the folder, where this user may mount one; undefined elsewhere.
 * The mount lives in a namespace of its own and ends with the process.
 */
export function askSecondOnSmallDisk(folder: string, ...args: string[]): unknown {
  const mount = `mount -t tmpfs -o size=1m none '${folder}'`
  if (spawnSync('unshare', ['-m', 'sh', '-c', mount]).status !== 0) return undefined
  const command = `${mount} && exec '${process.execPath}' '${script}' "$@"`
  return lastSaid(spawnSync('unshare', ['-m', 'sh', '-c', command, 'sh', ...args], { encoding: 'utf8' }))
}

function lastSaid({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): unknown {
  const line = stdout.trim().split('\n').at(-1)
  if (!line) throw new Error(`the second process said nothing: ${stderr}`)
  return JSON.parse(line)
}
