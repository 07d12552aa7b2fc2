import type { MaskCard, MaskChange } from '@contract/masks'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { cellsOf, keptAfter } from '@renderer/views/weights/mask-draft'
import MaskEditor from '@renderer/views/weights/MaskEditor.vue'
import { useMaskEditor } from '@renderer/views/weights/use-mask-editor'
import { useWeightsState } from '@renderer/views/weights/weights-state'
import { useHistory } from '@renderer/workbench/history'
import { useSelection } from '@renderer/workbench/selection'
import { defineComponent, h } from 'vue'

const at = { runId: 'run-1', step: 5 }
const card = (id: string, version = 1): MaskCard => ({
  id,
  family: 'mask-1',
  version,
  name: 'ticket',
  ...at,
  how: 'largest',
  sparsity: 0.5,
  madeAtMs: 0,
  layers: [{ name: 'W', axes: ['d_model', 'd_mlp'], shape: [2, 3], kept: 3, count: 6 }],
})
const frame = (data: Float32Array | Uint8Array) => ({ axes: ['d_model', 'd_mlp'], shape: [2, 3], data })
const weights = Float32Array.of(1, 2, 3, 4, 5, 6)

interface Asked {
  derived: { maskId: string; name?: string | undefined; changes: MaskChange[] }[]
  created: { name: string; arrays: Record<string, { readonly data: ArrayLike<number> }> }[]
  removed: string[]
  restored: string[]
  renamed: string[]
  applied: string[]
}
let asked: Asked

function answers(): Answers {
  return {
    masks: {
      list: () => [card('mask-1')],
      picture: ({ maskId, array = 'W' }) => ({
        arrays: ['W', 'V'],
        array,
        weights: frame(weights),
        kept: frame(maskId === undefined ? new Uint8Array(6).fill(1) : Uint8Array.of(1, 1, 1, 0, 0, 0)),
      }),
      effect: () => ({ trainClean: 1, trainCorrupted: 0, test: 0.75, trueLabel: 0, train: 1 }),
      derive: (args) => (asked.derived.push(args as never), card('mask-2', 2)),
      create: (args) => (asked.created.push(args as never), card('mask-3')),
      rename: ({ name }) => (asked.renamed.push(name), { ...card('mask-1'), name }),
      apply: ({ maskId, name }) => (asked.applied.push(`${maskId} ${name}`), { runId: 'run-2' }),
      remove: ({ maskId }) => (asked.removed.push(maskId), {}),
      restore: ({ maskId }) => (asked.restored.push(maskId), card(maskId, 2)),
    },
    runs: { remove: ({ runId }) => (asked.removed.push(runId), {}) },
  }
}

let view: VueWrapper | undefined
beforeEach(() => {
  setActivePinia(createPinia())
  asked = { derived: [], created: [], removed: [], restored: [], renamed: [], applied: [] }
  useSelection().select(at)
})
afterEach(() => view?.unmount())

const plugins = () => [{ install: (app: Parameters<typeof provideClient>[0]) => provideClient(app, createFixtureClient(answers())) }]

async function editor(): Promise<ReturnType<typeof useMaskEditor>> {
  let made: ReturnType<typeof useMaskEditor> | undefined
  view = mount(defineComponent(() => ((made = useMaskEditor()), () => h('i'))), { global: { plugins: plugins() } })
  await flushPromises()
  return made!
}

describe('a click', () => {
  test.each([['entry', [4]], ['row', [3, 4, 5]], ['column', [1, 4]]] as const)('with %s changes the entries %j', (brush, wanted) => {
    expect(cellsOf([1, 1], [2, 3], brush)).toEqual(wanted)
  })

  test('changes a copy of what is kept', () => {
    const kept = Uint8Array.of(1, 0, 1)

    expect([...keptAfter(kept, new Map([[0, false], [1, true]]))]).toEqual([0, 1, 1])
    expect([...kept]).toEqual([1, 0, 1])
  })
})

describe('editing a stored mask', () => {
  test('removes a row that is kept, keeps one that is not, and undo takes back one after the other', async () => {
    const made = await editor()
    made.choose('mask-1')
    useWeightsState().maskBrush = 'row'
    await flushPromises()

    await made.toggle([0, 2])
    await made.toggle([1, 0])
    const both = [...made.kept.value!]
    await useHistory().undo()
    const one = [...made.kept.value!]
    await useHistory().undo()

    expect({ both, one, none: [...made.kept.value!] }).toEqual({ both: [0, 0, 0, 1, 1, 1], one: [0, 0, 0, 0, 0, 0], none: [1, 1, 1, 0, 0, 0] })
  })

  test('is saved as what changed, becomes the shown mask, and undo brings the draft back', async () => {
    const made = await editor()
    made.choose('mask-1')
    await flushPromises()
    await made.toggle([0, 1])
    await made.toggle([1, 2])

    await made.save('ticket')
    const after = [useWeightsState().maskId, made.changed.value]
    await useHistory().undo()

    const [{ maskId, name, changes }] = asked.derived as [Asked['derived'][number]]
    expect([maskId, name]).toEqual(['mask-1', 'ticket'])
    expect(changes.map(({ array, cells, isKept }) => [array, [...cells.data], isKept])).toEqual([['W', [5], true], ['W', [1], false]])
    expect({ after, removed: asked.removed, again: [useWeightsState().maskId, made.changed.value] }).toEqual({
      after: ['mask-2', 0],
      removed: ['mask-2'],
      again: ['mask-1', 2],
    })
  })
})

test('a mask that did not exist is made of whole arrays with their changes', async () => {
  const made = await editor()
  await made.toggle([0, 0])
  useWeightsState().maskArray = 'V'
  await flushPromises()
  await made.toggle([1, 1])

  await made.save('by hand')

  const [{ name, arrays }] = asked.created as [Asked['created'][number]]
  expect(name).toBe('by hand')
  expect(Object.entries(arrays).map(([array, { data }]) => [array, ...Array.from(data)])).toEqual([['W', 0, 1, 1, 1, 1, 1], ['V', 1, 1, 1, 1, 0, 1]])
})

test('removing a mask is undone under the same id', async () => {
  const made = await editor()

  await made.remove(card('mask-1'))
  await useHistory().undo()

  expect([asked.removed, asked.restored, useWeightsState().maskId]).toEqual([['mask-1'], ['mask-1'], 'mask-1'])
})

test('renaming a mask is undone by its old name', async () => {
  const made = await editor()

  await made.rename(card('mask-1'), 'winning')
  await useHistory().undo()

  expect(asked.renamed).toEqual(['winning', 'ticket'])
})

test('the network under a mask becomes a run, which undo removes', async () => {
  const made = await editor()

  await made.apply(card('mask-1', 3))
  await useHistory().undo()

  expect([asked.applied, asked.removed]).toEqual([['mask-1 under ticket, version 3'], ['run-2']])
})

describe('MaskEditor.vue', () => {
  test('says what is kept, how the network fares under the mask, and why it cannot be saved', async () => {
    useWeightsState().maskId = 'mask-1'
    view = mount(MaskEditor, { global: { plugins: plugins() }, attachTo: document.body })
    await flushPromises()
    await flushPromises()

    expect(view.text()).toContain('Weights under ticket, version 1')
    expect(view.text()).toContain('3 of 6 kept')
    expect(view.text()).toContain('test accuracy under it 75.0 %')
    expect(view.findAll('button').find((button) => button.text().startsWith('Save version'))!.attributes('title')).toBe('nothing was changed')
  })
})
