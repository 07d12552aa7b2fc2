import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'

/**
 * Signals passed on. A terminal gives its interrupt to the whole group, so there the child has it already, and a second
 * one would mean impatience.
 */
const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
const forwarded = hasTerminal ? ['SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP']
const survived = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** What a shell reports for a process that ended: its exit code, or 128 plus the number of the signal that ended it. */
export function shellCode(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0)
}

/**
 * Runs a program and resolves with its exit code. Signals this process receives reach the child, and this process
 * outlives it, so that nothing is left behind and the code is kept. `onStderr` sees what the child writes there, which
 * is shown too unless `isQuiet`.
 */
export function runChild(program, args, { env = process.env, onStderr, isQuiet = false, shell = false, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['inherit', 'inherit', onStderr ? 'pipe' : 'inherit']
    const child = spawn(program, args, { env, stdio, shell, cwd })
    const forward = (signal) => forwarded.includes(signal) && child.kill(signal)
    for (const signal of survived) process.on(signal, forward)
    const settle = (finish) => {
      for (const signal of survived) process.off(signal, forward)
      finish()
    }
    child.stderr?.on('data', (chunk) => {
      if (!isQuiet) process.stderr.write(chunk)
      onStderr(String(chunk))
    })
    child.on('error', (error) => settle(() => reject(error)))
    child.on('close', (code, signal) => settle(() => resolve(shellCode(code, signal))))
  })
}

/** Continues in this process as that script: one process fewer, and signals and exit codes are its own. */
export async function become(script, args) {
  process.argv = [process.argv[0], script, ...args]
  await import(pathToFileURL(script).href)
}
