/** One compute process as the supervisor sees it, whichever way it was started. */
import { fork } from 'node:child_process'
import type { Transport } from '../../contract/rpc'
import { forkedTransport, utilityTransport, type UtilityChild } from '../rpc/child'
import type { ComputeRole } from './contract'

export interface ComputeProcess {
  readonly transport: Transport
  readonly pid: number | undefined
  /** Resolves when the process is gone, with why: its exit code or signal and its last words. */
  readonly ended: Promise<string>
  kill(): void
}

export type SpawnCompute = (role: ComputeRole) => ComputeProcess

export interface ForkOptions {
  /** The built entry, out/main/compute.js. */
  readonly entry: string
  readonly args?: readonly string[]
  /** Each line the process writes to its standard error. */
  onLine?(line: string): void
}

/** Starts compute processes as forks of this Node process. */
export function forkCompute({ entry, args = [], onLine }: ForkOptions): SpawnCompute {
  return (role) => {
    const child = fork(entry, [role, ...args], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    })
    const lastLine = followLines(child.stderr!, onLine) // 'pipe' above
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      // 'close' comes after the last line was read, 'exit' may come before.
      child.once('close', (code, signal) => resolve(lastWords(signal ? `signal ${signal}` : `exit code ${code}`, lastLine())))
    })
    return { transport: forkedTransport(child), pid: child.pid, ended, kill: () => void child.kill('SIGKILL') }
  }
}

/** A compute process over an Electron utility process that was started with `stdio: 'pipe'`. */
export function utilityCompute(
  child: UtilityChild & { readonly pid: number | undefined; readonly stderr: NodeJS.ReadableStream | null },
): ComputeProcess {
  const lastLine = child.stderr ? followLines(child.stderr) : () => undefined
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code) => resolve(lastWords(`exit code ${code}`, lastLine())))
  })
  return { transport: utilityTransport(child), pid: child.pid, ended, kill: () => void child.kill() }
}

function lastWords(end: string, line: string | undefined): string {
  return line ? `${end}; last words: ${line.slice(0, 300)}` : end
}

/** Reads lines as they come; returns a reader of the newest complete or partial one. */
function followLines(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string | undefined {
  let last: string | undefined
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      last = line.trim()
      onLine?.(line)
    }
  })
  return () => (rest.trim() === '' ? last : rest.trim())
}
