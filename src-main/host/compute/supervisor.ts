/**
 * Keeps compute processes alive and hands out work to them.
 *
 * 1. One analyst, started when first needed. When it dies it is started again after a delay that doubles with each
 *    death and falls back after a minute of life; requests wait for the new one.
 * 2. Up to `trainers` trainers, started on demand; work waits in line for a free one. An idle trainer is let go after a
 *    while, because its memory is worth more than the second its start takes.
 * 3. Every process is pinged; one that does not answer for `allowedMs` is killed. The allowance covers the longest step
 *    of a training, during which a process cannot answer.
 * 4. One importer, treated like a trainer, for one reading at a time. A reading that is cancelled has a moment to end; then
 *    its process is killed, because a file can be made that keeps its reader busy for ever.
 * 5. Work on a process that dies fails with COMPUTE_DIED and the reason; it is never repeated behind its back.
 */
import { AppError, failureOf } from '../../base/result'
import { createEmitter } from '../../base/event'
import type { Disposable } from '../../base/disposable'
import { systemClock, type Clock } from '../../base/time'
import { createClient } from '../../contract/client'
import type { BackendState, Status } from '../../contract/system'
import type { ComputeProcess, SpawnCompute } from './compute-process'
import type { computeContract, ComputeClient, ComputeRole } from './contract'

export interface SupervisorOptions {
  readonly spawn: SpawnCompute
  /** Trainings at the same time. Default 1. */
  readonly trainers?: number
  readonly clock?: Clock
  readonly pingEveryMs?: number
  readonly allowedMs?: number
  readonly idleMs?: number
  /** First delay before the analyst is started again. */
  readonly backoffMs?: number
  /** How long a cancelled reading may go on. */
  readonly graceMs?: number
}

export interface ComputeStatus {
  readonly state: Status['compute']
  readonly backend?: BackendState
  readonly memoryBytes: number
  readonly lastFailure?: NonNullable<Status['lastFailure']>
}

/** What a piece of work gets: the process's methods, and what it said of itself. */
export interface Compute {
  readonly client: ComputeClient
  readonly backend: BackendState
  readonly madeWith: string
}

export interface Supervisor {
  readonly trainerCount: number
  /** Starts the analyst ahead of its first use. */
  warm(): void
  analyse<T>(work: (compute: Compute) => Promise<T>): Promise<T>
  /** Waits for a free trainer; `signal` ends the waiting, not the work. */
  train<T>(work: (compute: Compute) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Waits for the importer; `signal` ends the waiting, and in the end the process that does not heed it. */
  read<T>(work: (compute: Compute) => Promise<T>, signal: AbortSignal): Promise<T>
  status(): ComputeStatus
  onStatus(listener: () => void): Disposable
  pids(): readonly number[]
  /** Kills every process and resolves when they are gone. */
  dispose(): Promise<void>
}

interface Supervised {
  readonly role: ComputeRole
  readonly process: ComputeProcess
  readonly compute: Promise<Compute>
  readonly startedMs: number
  isBusy: boolean
  /** Killed because its work was cancelled and it did not listen. */
  isGivenUp?: boolean
  memoryBytes: number
  idleTimer?: NodeJS.Timeout | undefined
}

const longestBackoffMs = 30_000
const stableMs = 60_000

/** A role whose processes are started on demand and let go when idle. */
type PooledRole = Exclude<ComputeRole, 'analyst'>

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { spawn, trainers = 1, clock = systemClock } = options
  const { pingEveryMs = 2000, allowedMs = 120_000, idleMs = 60_000, backoffMs = 250, graceMs = 3000 } = options
  const most: Readonly<Record<PooledRole, number>> = { trainer: trainers, importer: 1 }
  const alive = new Set<Supervised>()
  const line: { readonly role: PooledRole; start(worker: Supervised): void; readonly reject: (error: Error) => void }[] = []
  const changed = createEmitter<void>()
  let analyst: Promise<Supervised> | undefined
  let restarts = 0
  let restartTimer: NodeJS.Timeout | undefined
  let backend: BackendState | undefined
  let lastFailure: ComputeStatus['lastFailure']
  let isDisposed = false

  function start(role: ComputeRole): Supervised {
    const child = spawn(role)
    const client = createClient<typeof computeContract>(child.transport)
    const greeting = client.process.hello({}).then((hello) => {
      backend = hello.backend
      changed.emit()
      return { client, ...hello }
    })
    const supervised: Supervised = {
      role,
      process: child,
      compute: orDeath(child, greeting),
      startedMs: clock.tickMs(),
      isBusy: false,
      memoryBytes: 0,
    }
    supervised.compute.catch(() => {}) // whoever asks for the process hears of it; nobody may have asked yet
    alive.add(supervised)
    const heart = watch(supervised, client)
    void child.ended.then((reason) => {
      clearInterval(heart)
      clearTimeout(supervised.idleTimer)
      alive.delete(supervised)
      buried(supervised, reason)
    })
    return supervised
  }

  function watch(supervised: Supervised, client: ComputeClient): NodeJS.Timeout {
    let unansweredSince: number | undefined
    const timer = setInterval(() => {
      if (unansweredSince !== undefined) {
        if (clock.tickMs() - unansweredSince > allowedMs) supervised.process.kill()
        return
      }
      unansweredSince = clock.tickMs()
      client.process.ping({}).then(
        ({ memoryBytes }) => {
          unansweredSince = undefined
          supervised.memoryBytes = memoryBytes
          changed.emit()
        },
        () => {}, // the process is gone; `ended` says why
      )
    }, pingEveryMs)
    timer.unref()
    return timer
  }

  function buried(supervised: Supervised, reason: string): void {
    if (isDisposed) return
    const isExpected = supervised.role !== 'analyst' && (!supervised.isBusy || supervised.isGivenUp)
    if (!isExpected) lastFailure = { ...failureOf(died(reason)), atMs: clock.nowMs() }
    if (supervised.role === 'analyst') {
      if (clock.tickMs() - supervised.startedMs > stableMs) restarts = 0
      const delayMs = Math.min(longestBackoffMs, backoffMs * 2 ** restarts++)
      analyst = new Promise((resolve) => {
        restartTimer = setTimeout(() => resolve(start('analyst')), delayMs)
        restartTimer.unref()
      })
    } else serveLine()
    changed.emit()
  }

  function serveLine(): void {
    for (const waiting of [...line]) {
      if (isDisposed) return
      const running = [...alive].filter(({ role }) => role === waiting.role)
      const idle = running.find(({ isBusy }) => !isBusy)
      if (!idle && running.length >= most[waiting.role]) continue
      line.splice(line.indexOf(waiting), 1)
      waiting.start(idle ?? start(waiting.role))
    }
  }

  function pooled(role: PooledRole, signal?: AbortSignal): Promise<Supervised> {
    return new Promise((resolve, reject) => {
      const waiting = {
        role,
        start(supervised: Supervised) {
          signal?.removeEventListener('abort', leave)
          clearTimeout(supervised.idleTimer)
          supervised.isBusy = true
          resolve(supervised)
        },
        reject,
      }
      const leave = (): void => {
        const at = line.indexOf(waiting)
        if (at >= 0) line.splice(at, 1)
        reject(new AppError({ code: 'CANCELLED', message: 'cancelled while waiting for a free compute process' }))
      }
      if (signal?.aborted) return leave()
      signal?.addEventListener('abort', leave, { once: true })
      line.push(waiting)
      serveLine()
    })
  }

  function release(supervised: Supervised): void {
    supervised.isBusy = false
    serveLine()
    if (supervised.isBusy) return
    supervised.idleTimer = setTimeout(() => supervised.process.kill(), idleMs)
    supervised.idleTimer.unref()
  }

  async function perform<T>(supervised: Supervised, work: (compute: Compute) => Promise<T>): Promise<T> {
    return orDeath(supervised.process, work(await supervised.compute))
  }

  /** Lets the process of a cancelled reading go on to other work, or kills it when it does not answer within the grace. */
  async function reclaim(supervised: Supervised): Promise<void> {
    const answer = supervised.compute.then(({ client }) => client.process.ping({}))
    const isHeard = await Promise.race([answer.then(() => true, () => true), later(graceMs).then(() => false)])
    if (isHeard) return release(supervised)
    supervised.isGivenUp = true
    supervised.process.kill()
  }

  const startAnalyst = (): Promise<Supervised> => (analyst ??= Promise.resolve(start('analyst')))

  return {
    trainerCount: trainers,
    warm: () => void startAnalyst(),
    async analyse(work) {
      if (isDisposed) throw died('the program is closing')
      return perform(await startAnalyst(), work)
    },
    async train(work, signal) {
      if (isDisposed) throw died('the program is closing')
      const supervised = await pooled('trainer', signal)
      try {
        return await perform(supervised, work)
      } finally {
        release(supervised)
      }
    },
    async read(work, signal) {
      if (isDisposed) throw died('the program is closing')
      const supervised = await pooled('importer', signal)
      try {
        return await orAbort(perform(supervised, work), signal)
      } finally {
        if (signal.aborted) void reclaim(supervised)
        else release(supervised)
      }
    },
    status() {
      const memoryBytes = [...alive].reduce((sum, supervised) => sum + supervised.memoryBytes, 0)
      const hasAnalyst = [...alive].some(({ role }) => role === 'analyst')
      const state = isDisposed || !analyst ? 'stopped' : !hasAnalyst ? 'restarting' : backend ? 'ready' : 'starting'
      return { state, memoryBytes, ...(backend && { backend }), ...(lastFailure && { lastFailure }) }
    },
    onStatus: (listener) => changed.on(listener),
    pids: () => [...alive].flatMap(({ process: { pid } }) => pid ?? []),
    async dispose() {
      isDisposed = true
      clearTimeout(restartTimer)
      for (const { reject } of line.splice(0)) reject(died('the program is closing'))
      const ends = [...alive].map(({ process: child }) => (child.kill(), child.ended))
      await Promise.all(ends)
      changed.dispose()
    },
  }
}

/** The promise's own outcome, unless it failed because the process is gone: then COMPUTE_DIED with the reason. */
async function orDeath<T>(child: ComputeProcess, promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (thrown) {
    if (failureOf(thrown).code !== 'CONNECTION_CLOSED') throw thrown
    throw died(await child.ended, thrown)
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref())
}

/** Rejects when the signal aborts, whatever the promise does. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(new AppError({ code: 'CANCELLED', message: 'cancelled while files were read' }))
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function died(reason: string, cause?: unknown): AppError {
  return new AppError({ code: 'COMPUTE_DIED', message: `the compute process ended: ${reason}`, detail: { reason } }, { cause })
}
