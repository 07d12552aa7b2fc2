/** What the machine can do at most, by a small program compiled when it is first needed: multiply-adds and copying. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Contender, Window } from './contender'

const source = join(import.meta.dirname, 'floor.cc')
const folder = join(import.meta.dirname, '../../../build/bench')
const program = join(folder, 'floor')

/** Whether it could be compiled. */
export function buildFloor(): boolean {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return true
  mkdirSync(folder, { recursive: true })
  try {
    const flags = ['-O3', '-march=native', '-ffp-contract=fast', '-pthread']
    execFileSync(process.env['CXX'] ?? 'c++', [...flags, source, '-o', program], { stdio: 'pipe' })
    return true
  } catch {
    return false // no compiler; the rest of the bench does without
  }
}

/** `value` of its windows is GFLOP/s on all cores. */
export const multiplyAdds = (): Contender => floorContender('multiply-adds', 'fma')

/** `value` of its windows is GB/s, read and written, on all cores, between two arrays of `bytes` together. */
export const copying = (bytes: number): Contender => floorContender(`copying ${bytes}`, 'copy', bytes)

function floorContender(name: string, kind: string, bytes = 0): Contender {
  return {
    name,
    async window(ms) {
      const words = [kind, availableParallelism(), ms, Math.round(bytes)].map(String)
      const { stdout } = await promisify(execFile)(program, words)
      return JSON.parse(stdout) as Window // floor.cc wrote it
    },
    end() {},
  }
}
