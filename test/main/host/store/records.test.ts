import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import type { ReportItem } from '@main/contract/reports'
import type { Verdict } from '@main/contract/recipes'
import type { Store } from '@main/host/store/store'
import { floats, newRun, newStore, stateAt } from './samples'

/** A store whose clock stands at 1000 and goes on by one at each look. */
function newClockedStore(): Store {
  let nowMs = 1000
  return newStore(':memory:', { clock: { nowMs: () => nowMs++, tickMs: () => 0 } })
}

describe('a run', () => {
  test('is read back as it was set up', () => {
    const store = newClockedStore()
    const recipe = { id: 'doshi-2023', arm: 'plain', scale: 'smoke' }
    const run = newRun({ recipe, parent: { runId: 'run-gone', step: 4, how: 'pruned' }, tags: ['a', 'b'] })

    const created = store.runs.create(run)

    expect(created).toEqual({
      ...run,
      id: created.id,
      state: 'queued',
      createdMs: 1000,
      step: 0,
      checkpointCount: 0,
      sizeBytes: 0,
    })
    expect(store.runs.find(created.id)).toEqual(created)
  })

  test('changes in what is given and in nothing else', () => {
    const store = newStore()
    const created = store.runs.create(newRun())
    const failure = { code: 'COMPUTE_DIED', message: 'killed' }

    const failed = unwrap(store.runs.change(created.id, { state: 'failed', step: 7, failure }))
    const again = unwrap(store.runs.change(created.id, { state: 'running', failure: null, lastStep: 300, tags: ['x'] }))

    expect(failed).toEqual({ ...created, state: 'failed', step: 7, failure })
    expect(again).toEqual({ ...created, state: 'running', step: 7, lastStep: 300, tags: ['x'] })
  })

  test('that is hidden leaves the list until it is shown again', () => {
    const store = newClockedStore()
    const ids = [1, 2, 3].map(() => store.runs.create(newRun()).id)

    unwrap(store.runs.setHidden(ids[1]!, true))
    const hidden = store.runs.list().map(({ id }) => id)
    unwrap(store.runs.setHidden(ids[1]!, false))
    const shown = store.runs.list().map(({ id }) => id)

    expect({ hidden, shown }).toEqual({ hidden: [ids[0], ids[2]], shown: ids })
  })

  test('that is unknown is an answer, not an exception', () => {
    const store = newStore()

    expect([store.runs.change('run-x', {}), store.runs.setHidden('run-x', true)]).toMatchObject([
      { error: { code: 'RUN_NOT_FOUND' } },
      { error: { code: 'RUN_NOT_FOUND' } },
    ])
    expect(store.runs.find('run-x')).toBeUndefined()
  })
})

test('a mask is read back, listed by run, and shares its tensors with the checkpoint it came from', () => {
  const store = newStore()
  const runId = store.runs.create(newRun()).id
  unwrap(store.checkpoints.write(runId, stateAt(5)))
  const mask = {
    name: 'high IPR',
    runId,
    step: 5,
    how: 'ipr-ascending, 3 of 4',
    sparsity: 0.75,
    arrays: { W_in: stateAt(5).params['W_in']!, keep: floats([1, 0, -0]) },
  }

  const id = store.masks.write(mask)
  store.checkpoints.truncate(runId, 0)
  store.reclaim(1000)

  const { arrays, ...written } = mask
  const layers = [
    { name: 'W_in', axes: ['d_mlp'], shape: [4], kept: 4, count: 4 },
    { name: 'keep', axes: ['d_mlp'], shape: [3], kept: 1, count: 3 },
  ]
  const card = { ...written, id, family: id, version: 1, madeAtMs: expect.any(Number) as number, layers }
  expect(store.masks.load(id)).toEqual({ ...card, arrays })
  expect(store.masks.list(runId)).toEqual([card])
  expect([store.masks.list('run-none'), store.masks.load('mask-none')]).toEqual([[], undefined])
})

describe('the report', () => {
  const note = (title: string): ReportItem => ({ kind: 'note', title, text: `${title} text` })
  const titles = (store: Store): readonly string[] => store.reports.list().map(({ item }) => item.title)

  test('keeps its items in the order they are moved to', () => {
    const store = newStore()
    const ids = ['a', 'b', 'c', 'd'].map((title) => store.reports.add(note(title)).id)

    unwrap(store.reports.move(ids[3]!, 1))
    const forward = titles(store)
    unwrap(store.reports.move(ids[0]!, 99))

    expect([forward, titles(store)]).toEqual([
      ['a', 'd', 'b', 'c'],
      ['d', 'b', 'c', 'a'],
    ])
  })

  test('takes a removed item back where it was', () => {
    const store = newStore()
    const items = ['a', 'b', 'c'].map((title) => store.reports.add(note(title)))
    const before = store.reports.list()

    const removed = unwrap(store.reports.remove(items[1]!.id))
    const between = titles(store)
    store.reports.insert(removed, 1)

    expect(between).toEqual(['a', 'c'])
    expect(store.reports.list()).toEqual(before)
  })

  test('changes an item in its place and keeps its time', () => {
    const store = newStore()
    const [first, second] = ['a', 'b'].map((title) => store.reports.add(note(title)))

    const changed = unwrap(store.reports.change(first!.id, note('z')))

    expect(changed).toEqual({ ...first, item: note('z') })
    expect(store.reports.list()).toEqual([changed, second])
  })

  test('answers for an item it does not have', () => {
    const { reports } = newStore()

    expect([reports.change('no', note('a')), reports.remove('no'), reports.move('no', 0)]).toMatchObject(
      Array.from({ length: 3 }, () => ({ error: { code: 'REPORT_ITEM_NOT_FOUND' } })),
    )
  })
})

test('the session is the one saved last, layouts are kept by name', () => {
  const { sessions } = newStore()
  const before = sessions.load()
  for (const text of ['one', 'two']) sessions.save(text)
  for (const [name, text] of [['b', '1'], ['a', '2'], ['b', '3'], ['c', '4']]) sessions.saveLayout(name!, text!)
  sessions.removeLayout('c')

  expect([before, sessions.load(), sessions.layouts()]).toEqual([
    undefined,
    'two',
    [
      { name: 'a', session: '2' },
      { name: 'b', session: '3' },
    ],
  ])
})

describe('a prompt set', () => {
  const set = {
    title: 'Names',
    source: 'here',
    prompts: [{ clean: 'a\n"b"', corrupted: 'b', answers: [' a'], wrong: [' b'], marks: { S: [0, 1] as const }, group: 'all' }],
  }

  test('is read back as it was written, under a card that says what it holds', () => {
    const { promptSets } = newClockedStore()
    const card = promptSets.write('names', set)

    expect(card).toEqual({ id: card.id, name: 'names', source: 'here', count: 1, isPaired: true, hasVocabulary: false, madeAtMs: 1000 })
    expect(promptSets.list()).toEqual([card])
    expect(unwrap(promptSets.load(card.id))).toEqual(set)
  })

  test('that is removed is gone, and asking for it names those that are there', () => {
    const { promptSets } = newStore()
    const [first, second] = ['one', 'two'].map((name) => promptSets.write(name, set))
    promptSets.remove(first!.id)

    expect(promptSets.list()).toEqual([second])
    expect(promptSets.load(first!.id)).toEqual({
      ok: false,
      error: { code: 'PROMPTS_NOT_FOUND', message: `the project has no prompt set '${first!.id}'; it has ${second!.id} (two)` },
    })
  })
})

test('verdicts are listed newest first, all or those of a recipe', () => {
  const { verdicts } = newStore()
  const verdict = (recipeId: string, atMs: number): Verdict => ({
    recipeId,
    claimId: 'memorizes',
    scale: 'smoke',
    verdict: 'reproduced',
    values: [{ seed: 1, value: 0.99 }],
    expect: [0.9, 1e308],
    runIds: ['run-1'],
    backend: 'cpu',
    versions: '1',
    atMs,
  })
  const [first, second, third] = [verdict('a', 5), verdict('b', 9), verdict('a', 7)]
  for (const each of [first, second, third]) verdicts.write(each)

  expect([verdicts.list(), verdicts.list('a')]).toEqual([
    [second, third, first],
    [third, first],
  ])
})

test('after a store is disposed it can be disposed again, and nothing else', () => {
  const store = newStore()
  store.dispose()
  store.dispose()

  expect(() => store.runs.list()).toThrow('not open')
})
