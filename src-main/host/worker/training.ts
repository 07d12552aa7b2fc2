/** Training in a compute process: the loop's results as a stream of events, and the three ways to interfere with it. */
import { AppError, unwrap } from '../../base/result'
import type { Emit, ServiceOf } from '../../contract/rpc'
import { resolveSetup, type Registries } from '../../lab/recipes/resolve-setup'
import type { TrainingSink } from '../../lab/train/checkpoint-sink'
import { train } from '../../lab/train/loop'
import type { computeContract, MeasuredRow, TrainingEvent } from '../compute/contract'

/** Rows are sent when so many have gathered or so much time has passed, and always before a checkpoint. */
const batchRows = 256
const batchMs = 200
const progressMs = 100

interface Live {
  readonly gate: Gate
  readonly stopping: AbortController
}

export function createTraining(registries: Registries): ServiceOf<typeof computeContract.training> {
  const live = new Map<string, Live>()

  function find(key: string): Live {
    const found = live.get(key)
    if (found) return found
    throw new AppError({ code: 'JOB_NOT_FOUND', message: `no training '${key}' in this process` })
  }

  return {
    async train({ key, spec, from, mask, lastStep, extraEveryMs }, { emit, signal }) {
      const setup = unwrap(resolveSetup(spec, registries))
      const gate = createGate()
      const stopping = new AbortController()
      live.set(key, { gate, stopping })
      const outgoing = createOutgoing(emit, extraEveryMs)
      try {
        const result = await train(setup, {
          sink: outgoing.sink,
          signal: AbortSignal.any([signal, stopping.signal]),
          gate: gate.pass,
          lastStep,
          ...(from && { from }),
          ...(mask && { mask }),
        })
        await outgoing.flush()
        if (result.ok) return await emit({ kind: 'ended', outcome: 'finished', step: result.value.step })
        if (result.error.code !== 'CANCELLED') throw new AppError(result.error)
        await emit({ kind: 'ended', outcome: 'stopped', step: Number(result.error.detail?.['step']) })
      } finally {
        live.delete(key)
      }
    },
    pause({ key }) {
      find(key).gate.close()
      return {}
    },
    continue({ key }) {
      find(key).gate.open()
      return {}
    },
    stop({ key }) {
      const { gate, stopping } = find(key)
      stopping.abort()
      gate.open()
      return {}
    },
  }
}

interface Gate {
  pass(): Promise<void>
  open(): void
  close(): void
}

function createGate(): Gate {
  const opened = Promise.resolve()
  let passing: Promise<void> = opened
  let release: (() => void) | undefined
  return {
    pass: () => passing,
    open() {
      release?.()
      passing = opened
    },
    close() {
      release?.()
      passing = new Promise((resolve) => {
        release = resolve
      })
    },
  }
}

interface Outgoing {
  readonly sink: TrainingSink
  /** Sends the rows that have gathered. */
  flush(): Promise<void>
}

function createOutgoing(emit: Emit<TrainingEvent>, extraEveryMs: number): Outgoing {
  let rows: MeasuredRow[] = []
  let flushedMs = performance.now()
  let checkpointedMs = performance.now()
  let progressedMs = -Infinity
  let isProgressOnItsWay = false

  async function flush(): Promise<void> {
    flushedMs = performance.now()
    if (rows.length === 0) return
    const batch = rows
    rows = []
    await emit({ kind: 'measured', rows: batch })
  }

  const sink: TrainingSink = {
    async measured(step, values) {
      rows.push({ step, values: { ...values } })
      if (rows.length >= batchRows || performance.now() - flushedMs >= batchMs) await flush()
    },
    async checkpoint(state, isExtra) {
      await flush()
      await emit({ kind: 'checkpoint', state, isExtra })
      checkpointedMs = performance.now()
    },
    isExtraDue: () => performance.now() - checkpointedMs >= extraEveryMs,
    progress(step) {
      if (isProgressOnItsWay || performance.now() - progressedMs < progressMs) return
      progressedMs = performance.now()
      isProgressOnItsWay = true
      const arrived = (): void => {
        isProgressOnItsWay = false
      }
      // A reader that is gone ends the training at its next checkpoint or through its signal.
      emit({ kind: 'progress', step }).then(arrived, arrived)
    },
  }
  return { sink, flush }
}
