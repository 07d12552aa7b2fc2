/** The two runs that the last questions about circuits were asked of, so that a slider is followed without recording anew. */
import { circuitMetric, recordCircuit, type CircuitPlan, type CircuitRecording } from '../../lab/interpret/components/circuit-recording'
import type { Network } from '../../lab/models/network'

export interface HeldRecording {
  readonly recording: CircuitRecording
  readonly emptyMetric: number
}

export interface CircuitRecordings {
  /** Does some work with the recording of a plan; `name` tells plans and networks apart. */
  use<T>(name: string, network: Network, plan: CircuitPlan, work: (held: HeldRecording) => T): T
}

/** Numbers of a recording that may stay in memory: 256 MB. */
const largestHeld = 2 ** 26

export function createCircuitRecordings(): CircuitRecordings {
  let held: ({ readonly name: string } & HeldRecording) | undefined
  function release(): void {
    held?.recording.dispose()
    held = undefined
  }
  return {
    use(name, network, plan, work) {
      if (held?.name !== name) {
        release()
        const recording = recordCircuit(network, plan)
        held = { name, recording, emptyMetric: circuitMetric(recording, new Uint8Array(recording.graph.edgeCount)) }
      }
      try {
        return work(held)
      } finally {
        if (held.recording.numbersHeld > largestHeld) release()
      }
    },
  }
}
