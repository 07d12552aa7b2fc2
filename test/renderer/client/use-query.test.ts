import type { Client } from '@contract/index'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { useQuery, type Query } from '@renderer/client/use-query'
import { useStream, type LiveQuery } from '@renderer/client/use-stream'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defineComponent, h, ref, type Ref } from 'vue'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Runs a composable in a component above which a fixture client stands. */
function inside<T>(answers: Answers, use: (client: Client) => T, generation: Ref<number> = ref(1)): { result: T; wrapper: VueWrapper } {
  const client = createFixtureClient(answers)
  let result: T | undefined
  const Inner = defineComponent({
    setup() {
      result = use(client)
      return () => h('i')
    },
  })
  const wrapper = mount(Inner, { global: { plugins: [{ install: (app) => provideClient(app, client, generation) }] } })
  return { result: result!, wrapper }
}

interface Asked {
  readonly step: number
  readonly signal: AbortSignal
  answer(): void
  fail(): void
}

/** `interpret.neuron` answered by hand, so that a test decides the order of answers. */
function createDesk(): { answers: Answers; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const neuron = ({ step }: { step: number }, { signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((resolve, reject) => {
      const answer = (): void => resolve({ index: step } as never)
      asked.push({ step, signal, answer, fail: () => reject({ code: 'INTERNAL', message: `step ${step}` }) })
    })
  return { answers: { interpret: { neuron } }, asked }
}

function neuronAt(client: Client, step: Ref<number | undefined>): Query<{ readonly index: number }> {
  return useQuery(client.interpret.neuron, () =>
    step.value === undefined ? undefined : { runId: 'run-1', step: step.value, neuron: 0 },
  )
}

describe('a query', () => {
  test('undefined arguments ask nothing and leave nothing', async () => {
    const { answers, asked } = createDesk()
    const step = ref<number | undefined>(1)
    const { result } = inside(answers, (client) => neuronAt(client, step))
    asked[0]!.answer()
    await flushPromises()
    step.value = undefined
    await flushPromises()

    expect([asked.length, result.data.value, result.pending.value]).toEqual([1, undefined, false])
  })

  test('a hand that moves over many steps asks for the first and the last of them', async () => {
    const { answers, asked } = createDesk()
    const step = ref<number | undefined>(0)
    const { result } = inside(answers, (client) => neuronAt(client, step))
    for (let moved = 1; moved <= 20; moved++) {
      step.value = moved
      await flushPromises()
    }
    asked[0]!.answer()
    await flushPromises()
    asked[1]!.answer()
    await flushPromises()

    expect(asked.map((one) => one.step)).toEqual([0, 20])
    expect([result.data.value?.index, result.pending.value]).toEqual([20, false])
  })

  test('a stale question is cancelled once its time of grace is over', async () => {
    const { answers, asked } = createDesk()
    const step = ref<number | undefined>(0)
    inside(answers, (client) => neuronAt(client, step))
    step.value = 1
    await flushPromises()
    const wasAbortedAtOnce = asked[0]!.signal.aborted
    await vi.advanceTimersByTimeAsync(200)

    expect([wasAbortedAtOnce, asked[0]!.signal.aborted]).toEqual([false, true])
    expect(asked.map((one) => one.step)).toEqual([0, 1])
  })

  test('an answer that comes after its cancellation is not shown', async () => {
    const { answers, asked } = createDesk()
    const step = ref<number | undefined>(0)
    const { result } = inside(answers, (client) => neuronAt(client, step))
    step.value = 1
    await flushPromises()
    await vi.advanceTimersByTimeAsync(200)
    asked[1]!.answer()
    await flushPromises()
    asked[0]!.answer()
    await flushPromises()

    expect(result.data.value?.index).toBe(1)
  })

  test('the last answer stays while the next is pending and after a failure', async () => {
    const { answers, asked } = createDesk()
    const step = ref<number | undefined>(0)
    const { result } = inside(answers, (client) => neuronAt(client, step))
    asked[0]!.answer()
    await flushPromises()
    step.value = 1
    await flushPromises()
    const whilePending = [result.data.value?.index, result.pending.value]
    asked[1]!.fail()
    await flushPromises()

    expect(whilePending).toEqual([0, true])
    expect([result.data.value?.index, result.error.value?.message, result.pending.value]).toEqual([0, 'step 1', false])
  })

  test('a new connection asks again', async () => {
    const { answers, asked } = createDesk()
    const generation = ref(1)
    inside(answers, (client) => neuronAt(client, ref(3)), generation)
    asked[0]!.answer()
    await flushPromises()
    generation.value = 2
    await flushPromises()

    expect(asked.map((one) => one.step)).toEqual([3, 3])
  })

  test('a component that goes away cancels what it asked', async () => {
    const { answers, asked } = createDesk()
    const { wrapper } = inside(answers, (client) => neuronAt(client, ref(3)))
    wrapper.unmount()

    expect(asked[0]!.signal.aborted).toBe(true)
  })
})

describe('a stream', () => {
  interface Opened {
    readonly signal: AbortSignal
    emit(done: number): void
    end(): void
  }
  function createTap(): { answers: Answers; readonly opened: Opened[] } {
    const opened: Opened[] = []
    return {
      opened,
      answers: {
        interpret: {
          prune: (_args, { emit, signal }) =>
            new Promise((resolve) => {
              opened.push({ signal, emit: (done) => void emit({ done } as never), end: resolve })
            }),
        },
      },
    }
  }
  const curveAt = (client: Client, step: Ref<number>): LiveQuery<{ readonly done: number }> =>
    useStream(client.interpret.prune, () => ({ runId: 'run-1', step: step.value, order: 'random' as const }))

  test('the newest event is shown, and the end of the stream keeps it', async () => {
    const { answers, opened } = createTap()
    const { result } = inside(answers, (client) => curveAt(client, ref(0)))
    opened[0]!.emit(1)
    opened[0]!.emit(2)
    const whileOpen = [result.data.value?.done, result.isOpen.value]
    opened[0]!.end()
    await flushPromises()

    expect(whileOpen).toEqual([2, true])
    expect([result.data.value?.done, result.isOpen.value]).toEqual([2, false])
  })

  test('new arguments cancel the old stream, whose late events are dropped', async () => {
    const { answers, opened } = createTap()
    const step = ref(0)
    const { result } = inside(answers, (client) => curveAt(client, step))
    opened[0]!.emit(1)
    await vi.advanceTimersByTimeAsync(1000)
    step.value = 1
    await flushPromises()
    opened[1]!.emit(7)
    opened[0]!.emit(2)

    expect(opened[0]!.signal.aborted).toBe(true)
    expect(result.data.value?.done).toBe(7)
  })

  test('a hand that moves quickly opens one stream, where it comes to rest', async () => {
    const { answers, opened } = createTap()
    const step = ref(0)
    inside(answers, (client) => curveAt(client, step))
    await vi.advanceTimersByTimeAsync(1000)
    for (let moved = 1; moved <= 10; moved++) {
      step.value = moved
      await flushPromises()
      await vi.advanceTimersByTimeAsync(20)
    }
    const whileMoving = opened.length
    await vi.advanceTimersByTimeAsync(200)

    // The first of all, three of the ten moves, and the one at rest.
    expect([whileMoving, opened.length]).toEqual([4, 5])
    expect(opened.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true, false])
  })
})
