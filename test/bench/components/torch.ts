/**
 * PyTorch as a contender, in the settings that decide how fast it is on processors.
 *
 * 1. Each Python that has torch: those named in GROKSCOPE_PYTHON (several separated by a colon), or python3 and Debian's.
 * 2. OMP_WAIT_POLICY=passive: waiting threads sleep. Otherwise OpenMP's spin against those of the BLAS library.
 * 3. A malloc that keeps memory: activations of megabytes otherwise go back to the system each step, and every step pays
 *    for touching new pages.
 * 4. One thread or all: with one, an OpenBLAS with threads of its own still uses all.
 *
 * Which is best differs by row, so each row tries all of them and races the best two of each version.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Contender, Window } from './contender'
import { race } from './race'

/** Enough to tell which two are worth racing. */
const trialOptions = { wanted: 2, budgetMs: 10_000, windowMs: 60 }

const folder = join(import.meta.dirname, '../../reference')
const keepingMalloc = {
  MALLOC_MMAP_THRESHOLD_: '4000000000',
  MALLOC_TRIM_THRESHOLD_: '4000000000',
  MALLOC_TOP_PAD_: '67108864',
}

interface Environment {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
}

const environments: readonly Environment[] = [
  { name: 'default', variables: {} },
  { name: 'passive', variables: { OMP_WAIT_POLICY: 'passive' } },
  { name: 'keeping malloc', variables: keepingMalloc },
  { name: 'passive, keeping malloc', variables: { OMP_WAIT_POLICY: 'passive', ...keepingMalloc } },
]

export interface Torch {
  readonly python: string
  readonly version: string
}

/** Every distinct version found. */
export function findTorch(): readonly Torch[] {
  const named = process.env['GROKSCOPE_PYTHON']?.split(delimiter)
  const found = (named ?? ['python3', '/usr/bin/python3']).flatMap((python) => {
    if (python.includes('/') && !existsSync(python)) return []
    try {
      const asked = ['-c', 'import torch; print(torch.__version__.split("+")[0])']
      return [{ python, version: execFileSync(python, asked, { encoding: 'utf8', stdio: 'pipe' }).trim() }]
    } catch {
      return [] // no such Python, or one without torch
    }
  })
  return found.filter(({ version }, i) => found.findIndex((other) => other.version === version) === i)
}

export interface Choice {
  readonly name: string
  readonly isDefault: boolean
  readonly torch: Torch
  readonly environment: Environment
  readonly threads: number
}

export interface Trial {
  readonly choice: Choice
  /** Of the fastest window, a call. */
  readonly ms: number
}

export interface TorchPool {
  /** Every choice on one row, fastest first. A version that lacks what the row needs is left out. */
  trials(row: string): Promise<readonly Trial[]>
  contender(choice: Choice, row: string): Contender
  end(): void
}

/** Processes of one script of test/reference, one for each Python and environment, started when first asked. */
export function createTorchPool(torches: readonly Torch[], script: string): TorchPool {
  const asks = new Map<string, ReturnType<typeof startPython>>()

  function contender({ name, torch, environment, threads }: Choice, row: string): Contender {
    const key = `${torch.python} ${environment.name}`
    return {
      name,
      async window(ms) {
        if (!asks.has(key)) asks.set(key, startPython(torch, environment, script))
        return asks.get(key)!.ask({ row, threads, ms })
      },
      end() {},
    }
  }

  return {
    contender,
    async trials(row) {
      const choices = choicesOf(torches)
      const found = await race(choices.map((choice) => contender(choice, row)), trialOptions)
      const trials = choices.flatMap((choice) => {
        const standing = found.get(choice.name)
        return standing && Number.isFinite(standing.bestMs) ? [{ choice, ms: standing.bestMs }] : []
      })
      return trials.sort((x, y) => x.ms - y.ms)
    },
    end: () => asks.forEach(({ end }) => end()),
  }
}

function choicesOf(torches: readonly Torch[]): readonly Choice[] {
  const threadCounts = availableParallelism() === 1 ? [1] : [1, availableParallelism()]
  return torches.flatMap((torch) =>
    environments.flatMap((environment) =>
      threadCounts.map((threads) => ({
        name: `torch ${torch.version}, ${threads} thread${threads === 1 ? '' : 's'}, ${environment.name}`,
        isDefault: environment.name === 'default' && threads === threadCounts.at(-1),
        torch,
        environment,
        threads,
      })),
    ),
  )
}

function startPython({ python }: Torch, { variables }: Environment, script: string) {
  const child = spawn(python, [join(folder, script)], {
    env: { ...process.env, ...variables },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.on('error', () => {}) // the lines end, which is an answer
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const hello = lines.next()
  return {
    async ask(question: { readonly row: string; readonly threads: number; readonly ms: number }): Promise<Window> {
      await hello
      child.stdin.write(`${JSON.stringify(question)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${python} ended`)
      const answer = JSON.parse(value) as Window | { readonly error: string } // bench_windows.py wrote it
      if ('error' in answer) throw new Error(answer.error)
      return answer
    },
    end: () => void child.kill(),
  }
}
