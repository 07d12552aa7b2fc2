import { useHistory, type Change } from '@renderer/workbench/history'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, test } from 'vitest'

beforeEach(() => setActivePinia(createPinia()))

/** Changes a list, so that what was done can be read from it. */
function createList(): { readonly items: string[]; push(item: string): Change } {
  const items: string[] = []
  return {
    items,
    push: (item) => ({ label: `push ${item}`, do: () => void items.push(item), undo: () => void items.pop() }),
  }
}

describe('history', () => {
  test('undoing everything and redoing everything ends where it began', async () => {
    const history = useHistory()
    const { items, push } = createList()
    for (const item of ['a', 'b', 'c']) await history.perform(push(item))
    for (let i = 0; i < 4; i++) await history.undo()
    const undone = [...items]
    for (let i = 0; i < 4; i++) await history.redo()

    expect([undone, items]).toEqual([[], ['a', 'b', 'c']])
  })

  test('a new change forgets what was undone', async () => {
    const history = useHistory()
    const { items, push } = createList()
    await history.perform(push('a'))
    await history.undo()
    await history.perform(push('b'))
    await history.redo()

    expect([items, history.undoLabel, history.redoLabel]).toEqual([['b'], 'push b', undefined])
  })

  test('changes asked for at once happen one after another', async () => {
    const history = useHistory()
    const order: string[] = []
    const slow = (name: string): Change => ({
      label: name,
      async do() {
        order.push(`begin ${name}`)
        await new Promise((resolve) => setTimeout(resolve))
        order.push(`end ${name}`)
      },
      undo: () => undefined,
    })
    await Promise.all([history.perform(slow('a')), history.perform(slow('b'))])

    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b'])
  })

  test('a change that fails is not remembered, and one that cannot be undone stays', async () => {
    const history = useHistory()
    const refuse = (): Promise<void> => Promise.reject(new Error('refused'))
    await history.perform({ label: 'never done', do: refuse, undo: refuse }).catch(() => undefined)
    const afterFailure = history.undoLabel
    await history.perform({ label: 'stuck', do: () => undefined, undo: refuse })
    await history.undo().catch(() => undefined)

    expect([afterFailure, history.undoLabel, history.redoLabel]).toEqual([undefined, 'stuck', undefined])
  })
})
