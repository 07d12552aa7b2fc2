import { describe, expect, test, vi } from 'vitest'
import { AppError } from '@main/base/result'
import { createAnswerMemory } from '@main/host/worker/remembered-answers'

const context = (signal = new AbortController().signal) => ({ signal })

describe('a memory of answers', () => {
  test('asks once for equal questions, at the same time or later, and again for another checkpoint', async () => {
    const method = vi.fn(async ({ key, head }: { key: string; head: number }) => `${key} ${head}`)
    const asked = createAnswerMemory().remembering('attention.head', method)
    expect(await Promise.all([asked({ key: 'a', head: 1 }, context()), asked({ key: 'a', head: 1 }, context())])).toEqual(['a 1', 'a 1'])
    expect(await asked({ key: 'a', head: 1 }, context())).toBe('a 1')
    expect(method).toHaveBeenCalledTimes(1)
    expect(await asked({ key: 'b', head: 1 }, context())).toBe('b 1')
    expect(await asked({ key: 'a', head: 2 }, context())).toBe('a 2')
    expect(method).toHaveBeenCalledTimes(3)
  })

  test('tells tokens apart', async () => {
    const method = vi.fn(({ tokens }: { key: string; tokens: Int32Array }) => tokens[0]!)
    const asked = createAnswerMemory().remembering('lens.table', method)
    expect(await asked({ key: 'a', tokens: Int32Array.of(3, 4) }, context())).toBe(3)
    expect(await asked({ key: 'a', tokens: Int32Array.of(5, 4) }, context())).toBe(5)
  })

  test('forgets failures, and goes on for the second who asked when the first gave up', async () => {
    const giveUp = new AbortController()
    const method = vi.fn(
      (_args: { key: string }, { signal }: { signal: AbortSignal }) =>
        new Promise<number>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new AppError({ code: 'CANCELLED', message: 'gave up' })))
          if (signal !== giveUp.signal) resolve(7)
        }),
    )
    const asked = createAnswerMemory().remembering('lens.profile', method)
    const first = asked({ key: 'a' }, context(giveUp.signal))
    const second = asked({ key: 'a' }, context())
    giveUp.abort()
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await second).toBe(7)
    expect(await asked({ key: 'a' }, context())).toBe(7)
    expect(method).toHaveBeenCalledTimes(2)
  })

  test('gives up the longest unused when there is no more room', async () => {
    const method = vi.fn(({ key }: { key: string }) => new Float32Array(key === 'large' ? 4096 : 100))
    const asked = createAnswerMemory(1000 * 4).remembering('weights.heads', method)
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'a']) await asked({ key }, context())
    expect(method).toHaveBeenCalledTimes(11)
    await asked({ key: 'a' }, context())
    expect(method).toHaveBeenCalledTimes(11)
    await asked({ key: 'large' }, context())
    await asked({ key: 'large' }, context())
    expect(method).toHaveBeenCalledTimes(13)
  })
})
