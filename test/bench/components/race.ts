/**
 * Medians over quiet windows, contenders taking turns.
 *
 * 1. A window counts as quiet when everybody else used less than 6 % of all cores while it lasted: the time the system
 *    counts as busy, less the contender's own and this process's.
 * 2. Contenders take turns, so that what changes slowly (clock, host, temperature) meets all of them.
 * 3. The race ends when each has the windows wanted, or after the budget. A contender with fewer than three quiet
 *    windows is judged by its quietest five instead, and says so; on a machine at work that is all there is.
 *
 * The system counts in hundredths of a second, which in a window of 150 ms on two cores is 3 %. It cannot count what
 * other guests of the same host use: rates that halve with nobody at work here are theirs.
 */
import { availableParallelism, cpus } from 'node:os'
import type { Contender, Window } from './contender'

const quietShare = 0.06

export interface Standing {
  /** Per call. */
  readonly medianMs: number
  readonly bestMs: number
  /** What the last call computed. */
  readonly value: number
  readonly highestValue: number
  readonly windows: number
  readonly isQuiet: boolean
  /** Share of all cores that others used, mean over the windows that counted. */
  readonly othersShare: number
}

interface Lap extends Window {
  readonly othersShare: number
}

export interface RaceOptions {
  /** Quiet windows of each contender. */
  readonly wanted: number
  readonly budgetMs: number
  /** Shortest time of a window, beyond which it only ends a call. Default 150. */
  readonly windowMs?: number
}

/** What a reader must know of how a median came about. */
export function noteOf({ isQuiet, windows, othersShare }: Standing): string {
  return isQuiet ? '' : `   ! others used ${(100 * othersShare).toFixed(0)} % in the quietest ${windows} windows`
}

/** By name. A contender whose window fails drops out and is absent. */
export async function race(
  contenders: readonly Contender[],
  { wanted, budgetMs, windowMs = 150 }: RaceOptions,
): Promise<ReadonlyMap<string, Standing>> {
  const laps = new Map<string, Lap[]>(contenders.map(({ name }) => [name, []]))
  const startMs = performance.now()
  const isShort = (name: string): boolean => (laps.get(name)?.filter(isQuiet).length ?? wanted) < wanted
  for (let turn = 0; performance.now() - startMs < budgetMs && [...laps.keys()].some(isShort); turn++) {
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + turn) % contenders.length]!
      if (!isShort(contender.name)) continue
      try {
        laps.get(contender.name)?.push(await lapOf(contender, windowMs))
      } catch {
        laps.delete(contender.name)
      }
    }
  }
  return new Map([...laps].map(([name, ofName]) => [name, standingOf(ofName)]))
}

const isQuiet = ({ othersShare }: Lap): boolean => othersShare < quietShare

async function lapOf(contender: Contender, windowMs: number): Promise<Lap> {
  // Threads of the one before may spin for a few milliseconds after their last call.
  await new Promise((resolve) => setTimeout(resolve, 15))
  const [busyMs, ownMs, startMs] = [busyMsOfAll(), ownCpuMs(), performance.now()]
  const window = await contender.window(windowMs)
  const elapsedMs = performance.now() - startMs
  const ours = Math.max(ownCpuMs() - ownMs, window.cpuMs)
  const others = busyMsOfAll() - busyMs - ours
  return { ...window, othersShare: Math.max(0, others / (elapsedMs * availableParallelism())) }
}

function standingOf(laps: readonly Lap[]): Standing {
  const quiet = laps.filter(isQuiet)
  const isEnough = quiet.length >= 3
  const counted = isEnough ? quiet : [...laps].sort((x, y) => x.othersShare - y.othersShare).slice(0, 5)
  const times = counted.map(({ elapsedMs, calls }) => elapsedMs / calls).sort((x, y) => x - y)
  return {
    medianMs: times[Math.floor(times.length / 2)] ?? NaN,
    bestMs: times[0] ?? NaN,
    value: counted.at(-1)?.value ?? NaN,
    highestValue: Math.max(...laps.map(({ value }) => value)),
    windows: counted.length,
    isQuiet: isEnough,
    othersShare: counted.reduce((sum, lap) => sum + lap.othersShare, 0) / counted.length,
  }
}

function busyMsOfAll(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
