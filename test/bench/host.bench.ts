/**
 * What the wire costs on each transport, how long the main process is kept from answering while a compute process trains
 * into its store, and how fast the prune slider is followed end to end.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { createClient } from '@contract/client'
import { Frame } from '@contract/frames'
import { call, stream, type Transport } from '@contract/rpc'
import { forkCompute } from '@main/host/compute/compute-process'
import { forkedTransport } from '@main/host/rpc/child'
import { messagePortTransport, type ElectronPort } from '@main/host/rpc/electron'
import { createMemoryPair } from '@main/host/rpc/memory'
import { servePeer } from '@main/host/rpc/peer'
import { websocketTransport } from '@main/host/rpc/websocket'
import { buildEntries, createTestHost, ended, root } from '../fixtures/host'

type Report = (name: string, value: number, unit: string) => void

const contract = {
  bench: {
    echo: call(z.object({}), z.object({})),
    frames: stream(z.object({ count: z.number() }), Frame, 'every'),
  },
} as const

const megabyte = { axes: ['pos'], shape: [2 ** 18], data: new Float32Array(2 ** 18) }

interface Line {
  readonly calling: Transport
  readonly serving: Transport | undefined
  end(): void
}

const lines: Record<string, () => Promise<Line>> = {
  async memory() {
    const [serving, calling] = createMemoryPair()
    return { serving, calling, end: () => calling.close() }
  },
  async MessagePort() {
    const { port1, port2 } = new MessageChannel()
    const [serving, calling] = [messagePortTransport(electronShape(port1)), messagePortTransport(electronShape(port2))]
    return { serving, calling, end: () => calling.close() }
  },
  async WebSocket() {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    await once(server, 'listening')
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(socket, 'open')])
    const end = (): void => (socket.close(), server.close())
    return { serving: websocketTransport(accepted as WebSocket), calling: websocketTransport(socket), end }
  },
  async 'child process'() {
    const child = fork(join(root, 'test/fixtures/echo-child.mjs'), { serialization: 'advanced', execArgv: [] })
    return { serving: undefined, calling: forkedTransport(child), end: () => child.disconnect() }
  },
}

function electronShape(port: MessagePort): ElectronPort {
  return {
    postMessage: (message) => port.postMessage(message),
    on(event: 'message' | 'close', listener: (event: { data: unknown }) => void) {
      if (event === 'message') port.on('message', (data) => listener({ data }))
      else port.on('close', () => listener({ data: undefined }))
    },
    start: () => port.start(),
    close: () => port.close(),
  }
}

async function benchTransports(report: Report): Promise<void> {
  for (const [name, open] of Object.entries(lines)) {
    const { serving, calling, end } = await open()
    if (serving) {
      servePeer(serving, contract, {
        bench: {
          echo: () => ({}),
          async frames({ count }, { emit }) {
            for (let i = 0; i < count; i++) await emit(megabyte)
          },
        },
      })
    }
    const client = createClient<typeof contract>(calling)
    for (let i = 0; i < 200; i++) await client.bench.echo({})
    const calls = 2000
    let start = performance.now()
    for (let i = 0; i < calls; i++) await client.bench.echo({})
    report(`round trip, ${name}`, ((performance.now() - start) / calls) * 1000, 'µs')

    const count = 64
    start = performance.now()
    await client.bench.frames({ count }, () => {})
    report(`1 MB frames, ${name}`, count / ((performance.now() - start) / 1000), 'MB/s')
    end()
  }
}

/** The paper's size, measured and checkpointed often. */
const paperSpec = {
  task: { id: 'modular-arithmetic', settings: { p: 97, trainFraction: 0.5, corruptedShare: 0.35 } },
  model: { id: 'mlp', settings: { d_mlp: 500 } },
  optimizer: { id: 'adamw', settings: { learningRate: 0.01, weightDecay: 0, beta2: 0.98 } },
  loss: { id: 'mse', settings: {} },
  schedule: { steps: 40, measureEvery: 5, checkpointEvery: 10 },
  seed: 1,
}

async function benchTraining(report: Report): Promise<void> {
  const entries = await buildEntries()
  const it = await createTestHost({ spawn: forkCompute({ entry: join(entries, 'compute.js') }) })
  const { client } = it
  try {
    let start = performance.now()
    await client.recipes.list({})
    report('first answer of a compute process', performance.now() - start, 'ms')

    const { runId, jobId } = await client.runs.start({ name: 'bench', spec: paperSpec })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    start = performance.now()
    await ended(client, jobId)
    const seconds = (performance.now() - start) / 1000
    delay.disable()
    report('training p = 97, N = 500, measured and stored', paperSpec.schedule.steps / seconds, 'steps/s')
    report('main process kept from answering, median', delay.percentile(50) / 1e6, 'ms')
    report('main process kept from answering, 99 %', delay.percentile(99) / 1e6, 'ms')
    report('main process kept from answering, longest', delay.max / 1e6, 'ms')

    const at = { runId, step: 40 }
    start = performance.now()
    await client.interpret.neurons(at)
    report('neurons of a checkpoint, first time', performance.now() - start, 'ms')
    start = performance.now()
    await client.interpret.pruned({ ...at, removed: [] })
    report('first answer to the slider', performance.now() - start, 'ms')
    const updates = 200
    const removed: number[] = []
    start = performance.now()
    for (let k = 0; k < updates; k++) {
      removed.push(k)
      await client.interpret.pruned({ ...at, removed })
    }
    report('slider update, one neuron', (performance.now() - start) / updates, 'ms')
  } finally {
    await it.end()
    rmSync(entries, { recursive: true, force: true })
  }
}

export default async function bench(report: Report): Promise<void> {
  await benchTransports(report)
  await benchTraining(report)
}
