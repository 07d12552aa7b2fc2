import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { openStore } from '@main/host/store/database'
import type { NewMask, Store } from '@main/host/store/store'
import { floats, newRun, newStore, scratchFolder } from './samples'

function newMask(changes: Partial<NewMask> = {}): NewMask {
  return { name: 'ticket', runId: 'run-x', step: 5, how: 'largest', sparsity: 0.5, arrays: { W: floats([1, 0]) }, ...changes }
}

const namesOf = (store: Store): readonly string[] => store.masks.list().map(({ name, version }) => `${name} ${version}`)

describe('versions of a mask', () => {
  test('under one name are numbered, whichever of them they were made from', () => {
    const store = newStore()
    const first = store.masks.write(newMask())
    store.masks.write(newMask({ madeFrom: first }))
    const third = store.masks.write(newMask({ madeFrom: first }))

    const { family, version, madeFrom } = store.masks.load(third)!

    expect({ family, version, madeFrom }).toEqual({ family: first, version: 3, madeFrom: first })
  })

  test('a mask made from another under a new name is the first of its own', () => {
    const store = newStore()
    const first = store.masks.write(newMask())
    const other = store.masks.write(newMask({ madeFrom: first, name: 'sparser', score: 'magnitude' }))

    expect(store.masks.load(other)).toMatchObject({ family: other, version: 1, madeFrom: first, score: 'magnitude' })
  })

  test('are renamed together', () => {
    const store = newStore()
    const first = store.masks.write(newMask())
    const second = store.masks.write(newMask({ madeFrom: first }))
    store.masks.write(newMask({ name: 'other' }))

    unwrap(store.masks.rename(second, 'winning'))

    expect(namesOf(store)).toEqual(['winning 1', 'winning 2', 'other 1'])
  })
})

describe('a mask', () => {
  test('counts what it keeps of each array', () => {
    const store = newStore()
    const id = store.masks.write(newMask({ arrays: { W: floats([1, 0, 1]), b: floats([0]) } }))

    expect(store.masks.load(id)!.layers.map(({ name, kept, count }) => [name, kept, count])).toEqual([['W', 2, 3], ['b', 0, 1]])
  })

  test('that is hidden leaves the list, comes back, and keeps its version', () => {
    const store = newStore()
    const id = store.masks.write(newMask())

    unwrap(store.masks.setHidden(id, true))
    const hidden = namesOf(store)
    const next = store.masks.write(newMask({ madeFrom: id }))
    unwrap(store.masks.setHidden(id, false))

    expect({ hidden, shown: namesOf(store), next: store.masks.load(next)!.version }).toEqual({ hidden: [], shown: ['ticket 1', 'ticket 2'], next: 2 })
  })

  test('that is unknown is an answer, not an exception', () => {
    const store = newStore()

    expect([store.masks.rename('mask-x', 'y'), store.masks.setHidden('mask-x', true)]).toMatchObject([
      { error: { code: 'MASK_NOT_FOUND' } },
      { error: { code: 'MASK_NOT_FOUND' } },
    ])
  })

  test('outlives its run and goes with the project that it was hidden in', () => {
    const path = `${scratchFolder()}/p.grokscope`
    const store = newStore(path)
    const runId = store.runs.create(newRun()).id
    store.masks.write(newMask({ runId }))
    const hidden = store.masks.write(newMask({ runId, name: 'hidden' }))
    unwrap(store.runs.setHidden(runId, true))
    unwrap(store.masks.setHidden(hidden, true))
    store.dispose()

    const again = unwrap(openStore(path))
    const found = { run: again.runs.find(runId), masks: namesOf(again), hidden: again.masks.load(hidden) }
    again.dispose()

    expect(found).toEqual({ run: undefined, masks: ['ticket 1'], hidden: undefined })
  })
})
