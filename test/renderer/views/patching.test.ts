import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Component } from 'vue'
import { AppError } from '@main/base/result'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import Heatmap from '@renderer/charts/Heatmap.vue'
import fixtures, { at, clean, corrupted, heads, layers, pairs, shareOf, sweep } from '@renderer/views/patching/fixtures'
import {
  canNormalize,
  cellSite,
  effectOf,
  effectMatrix,
  headNames,
  knownSite,
  positionNames,
  siteCell,
  siteWords,
} from '@renderer/views/patching/patch-effects'
import Patching from '@renderer/views/patching/Patching.vue'
import PatchingInspector from '@renderer/views/patching/PatchingInspector.vue'
import { usePatchingState } from '@renderer/views/patching/patching-state'
import { parseSite } from '@renderer/base/site'
import { useHistory } from '@renderer/workbench/history'
import { usePromptSets } from '@renderer/workbench/prompt-sets'
import { useSelection } from '@renderer/workbench/selection'

async function mounted(component: Component = Patching, answers: Answers = fixtures.full.answers) {
  const wrapper = mount(component, {
    attachTo: document.body,
    global: { plugins: [{ install: (app) => provideClient(app, createFixtureClient(answers)) }] },
  })
  await flushPromises()
  await flushPromises()
  return wrapper
}
const head01 = 'blocks.0.attn.hook_z[head=1]'
const head12 = 'blocks.1.attn.hook_z[head=2]'

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(fixtures.full.selection!)
})
afterEach(() => (document.body.innerHTML = ''))

describe('effects', () => {
  test('denoising counts from the corrupted run, noising from the clean one; normalized in units of their difference', () => {
    const means = { clean: 6, corrupted: -4 }

    expect(effectOf(1, means, { direction: 'denoise', isNormalized: false })).toBe(5)
    expect(effectOf(1, means, { direction: 'denoise', isNormalized: true })).toBe(0.5)
    expect(effectOf(1, means, { direction: 'noise', isNormalized: true })).toBe(-0.5)
    expect(effectOf(clean, means, { direction: 'denoise', isNormalized: true })).toBe(1)
  })

  test('without a difference between the runs they are not divided by it', () => {
    const same = { clean: 0.25, corrupted: 0.25 }

    expect(canNormalize(same)).toBe(false)
    expect(effectOf(0.75, same, { direction: 'denoise', isNormalized: true })).toBe(0.5)
  })

  test('cells not known yet are no effects', () => {
    const partial = sweep({ kind: 'z', grid: 'layer-head', direction: 'denoise' }, 3)
    const { data } = effectMatrix(partial, { direction: 'denoise', isNormalized: true })

    expect(Array.from(data).map(Number.isNaN)).toEqual([false, false, false, true, true, true, true, true])
    expect(data[1]).toBeCloseTo(shareOf({ hook: 'blocks.0.attn.hook_z', head: 1 }), 12)
  })
})

describe('sites', () => {
  test('a cell and its site find each other, on the map of its kind alone', () => {
    const site = parseSite(cellSite('q', 'heads', { row: 1, column: 3 }))!

    expect(site).toEqual({ hook: 'blocks.1.attn.hook_q', head: 3 })
    expect(siteCell(site, 'q', 'heads')).toEqual({ row: 1, column: 3 })
    expect(siteCell(site, 'z', 'heads')).toBeUndefined()
    expect(siteCell(site, 'q', 'positions')).toBeUndefined()
    expect(cellSite('resid_mid', 'positions', { row: 0, column: 2 })).toBe('blocks.0.hook_resid_mid[pos=2]')
  })

  test('of heads at positions lie below each other, layer after layer', () => {
    const text = cellSite('z', 'sites', { row: 6, column: 2 }, heads)

    expect(text).toBe('blocks.1.attn.hook_z[head=2,pos=2]')
    expect(siteCell(parseSite(text), 'z', 'sites', heads)).toEqual({ row: 6, column: 2 })
    expect(siteCell(parseSite(text), 'z', 'positions', heads)).toBeUndefined()
    expect(headNames(layers, heads)[6]).toBe('1.2')
    expect(effectMatrix(sweep({ kind: 'z', grid: 'layer-head-pos', direction: 'denoise' }), { direction: 'denoise', isNormalized: true })).toMatchObject({
      axes: ['head', 'pos'],
      shape: [layers * heads, 3],
    })
  })

  test('a site of another network, or that no prompt reaches, is not known', () => {
    expect(knownSite(head12, pairs)).toEqual({ hook: 'blocks.1.attn.hook_z', head: 2 })
    for (const text of ['blocks.2.attn.hook_z[head=0]', 'blocks.0.attn.hook_z[head=4]', 'blocks.0.hook_mlp_out[pos=3]', 'hook_embed', undefined]) {
      expect(knownSite(text, pairs)).toBeUndefined()
    }
  })

  test('are named as papers name them, positions by the tokens of both prompts', () => {
    expect(siteWords(parseSite(head12)!)).toBe('head 1.2')
    expect(siteWords(parseSite('blocks.0.hook_resid_pre[pos=2]')!)).toBe('resid_pre of layer 0 at position 2')
    expect(positionNames(pairs, 1)).toEqual(['1→3', '4', '='])
  })
})

describe('Patching.vue', () => {
  test('both maps are whole and drawn signed; the means stand beside the terms', async () => {
    const view = await mounted()
    const maps = view.findAllComponents(Heatmap)

    expect(maps[0]!.props('matrix').shape).toEqual([layers, 3])
    expect(maps[1]!.props('matrix').shape).toEqual([layers, heads])
    expect(maps[1]!.props('isSigned')).toBe(true)
    expect(maps[1]!.props('selected')).toEqual([1, 0])
    expect(view.get('.patch-terms-count').text()).toBe('6 pairs, clean 6, corrupted −4')
    expect(view.text()).toContain('Rank correlation 1, 4 of the 4 largest effects shared')
  })

  test('a sweep that is still growing says so', async () => {
    const answers: Answers = {
      patching: { ...fixtures.full.answers.patching, sweep: async (args, { emit }) => (await emit(sweep(args, 3)), new Promise(() => undefined)) },
    }
    const view = await mounted(Patching, answers)

    expect(view.text()).toContain('partial: 3 of 8 cells')
    expect(view.text()).toContain('partial: 3 of 6 cells')
    expect(view.text()).not.toContain('Rank correlation')
  })

  test('a click on a cell selects its site everywhere and shows its pairs', async () => {
    const view = await mounted()

    view.findAllComponents(Heatmap)[0]!.vm.$emit('update:selected', [2, 1])
    await flushPromises()

    expect(useSelection().site).toBe('blocks.1.hook_resid_pre[pos=2]')
    expect(view.get('.pairs-panel .panel-title').text()).toBe('Pairs with resid_pre of layer 1 at position 2 patched')
    const readings = view.findAll('.pairs-panel-readings dd').map((reading) => reading.text())
    expect(readings).toEqual(['6', '−4', String(corrupted + 0.85 * (clean - corrupted)), '0.85'])
  })

  test('sites added to the set are patched together and marked; undo takes the last one out', async () => {
    const view = await mounted()
    const press = async (text: string) => {
      await view.findAll('.pairs-panel button').find((button) => button.text() === text)!.trigger('click')
      await flushPromises()
    }
    await press('Add to the set')
    useSelection().select({ site: head12 })
    await flushPromises()
    await press('Add to the set')

    expect(usePatchingState().setOf(at.runId)).toEqual([head01, head12])
    expect(view.findAll('.pairs-panel-readings dd').at(-1)!.text()).toBe('0.9')
    expect(view.findAllComponents(Heatmap)[1]!.props('marked')).toEqual([[1, 0], [2, 1]])

    await useHistory().undo()
    await flushPromises()
    expect(usePatchingState().setOf(at.runId)).toEqual([head01])
    expect(view.findAll('.pairs-panel-readings dd').at(-1)!.text()).toBe('0.6')
    await useHistory().redo()
    expect(usePatchingState().setOf(at.runId)).toEqual([head01, head12])
  })

  test('heads apart are a map of heads at positions, whose cells are sites of one head and position', async () => {
    const view = await mounted()
    usePatchingState().choose({ streamKind: 'z', isByHead: true })
    await flushPromises()
    await flushPromises()

    const map = view.findAllComponents(Heatmap)[0]!
    expect(map.props('matrix').shape).toEqual([layers * heads, 3])
    map.vm.$emit('update:selected', [2, 6])
    await flushPromises()
    expect(useSelection().site).toBe('blocks.1.attn.hook_z[head=2,pos=2]')
    expect(view.get('.patching-pattern .panel-title').text()).toContain('head 1.2')
  })

  test('a cell that is toggled joins the set at once, and the metric of all together is shown', async () => {
    const view = await mounted()
    const map = view.findAllComponents(Heatmap)[1]!
    map.vm.$emit('toggle', [1, 0])
    await flushPromises()
    map.vm.$emit('toggle', [2, 1])
    await flushPromises()

    expect(usePatchingState().setOf(at.runId)).toEqual([head01, head12])
    expect(view.findAll('.pairs-panel-readings dd').at(-1)!.text()).toBe('0.9')
  })

  test('paths are traced when asked for, into the logits or into receivers that were added', async () => {
    const asked: unknown[] = []
    const { patching } = fixtures.full.answers
    usePatchingState().isTracing = false
    const view = await mounted(Patching, { patching: { ...patching, path: (args, ctx) => (asked.push(args), patching!.path!(args, ctx)) } })
    const panel = view.get('.path-panel')
    expect(asked).toEqual([])

    await panel.findAll('button').find((button) => button.text() === 'Trace paths to the logits')!.trigger('click')
    await flushPromises()
    expect(asked).toMatchObject([{ receivers: 'logits', freezesMlps: false }])
    expect(panel.findComponent(Heatmap).props('matrix').shape).toEqual([layers, heads])

    await panel.findAll('select')[1]!.setValue('1.3')
    await panel.get('button[aria-label="Add the receiver"]').trigger('click')
    await flushPromises()
    expect(asked.at(-1)).toMatchObject({ receivers: [{ kind: 'q', layer: 1, head: 3 }] })
    expect(panel.text()).toContain('queries of 1.3')
  })

  test('answers of one’s own take the place of the pairs’, as classes', async () => {
    const asked: unknown[] = []
    const { patching } = fixtures.full.answers
    const view = await mounted(Patching, {
      patching: { ...patching, sites: (args) => (asked.push(args.answerSet), patching!.sites!(args, { signal: new AbortController().signal })) },
      prompts: { encode: ({ text }) => ({ tokens: { axes: ['pos'], shape: [1], data: Int32Array.of(text.length) }, texts: [text] }) },
    })
    await view.findAll('.patch-terms button').find((button) => button.text() === 'of each pair')!.trigger('click')
    await flushPromises()
    const [right, wrong] = [...document.querySelectorAll<HTMLInputElement>('.answer-set-form input')]
    const write = (input: HTMLInputElement, text: string): void => {
      input.value = text
      input.dispatchEvent(new Event('input'))
    }
    write(right!, '3, =')
    write(wrong!, 'word')
    document.querySelector<HTMLButtonElement>('.answer-set-form button')!.click()
    await flushPromises()
    await flushPromises()

    expect(usePatchingState().terms.answerSet).toEqual({ right: [3, 7], wrong: [5] })
    expect(asked.at(-1)).toEqual({ right: [3, 7], wrong: [5] })
  })

  test('other terms ask again, with the same pairs', async () => {
    const asked: unknown[] = []
    const { patching } = fixtures.full.answers
    const view = await mounted(Patching, { patching: { ...patching, sweep: (args, ctx) => (asked.push(args), patching!.sweep!(args, ctx)) } })
    asked.length = 0

    await view.findAll('.patch-terms select')[1]!.setValue('noise')
    await flushPromises()

    expect(asked).toMatchObject([
      { direction: 'noise', kind: 'resid_pre', grid: 'layer-pos', source: { kind: 'task', split: 'test', count: 64, seed: 0 } },
      { direction: 'noise', kind: 'z', grid: 'layer-head' },
    ])
  })

  test('a prompt set of the project takes the place of the task’s examples, and reads in its own words', async () => {
    const asked: unknown[] = []
    const { patching } = fixtures.full.answers
    const { clean: cleanTokens, corrupted: corruptedTokens, answerPos, answers, wrong, ids } = pairs
    const card = { id: 's1', name: 'Names', source: 'by hand', count: 6, isPaired: true, hasVocabulary: false, madeAtMs: 0 }
    const column = { axes: ['example'], shape: [6], data: new Int32Array(6) }
    const tokens = {
      prompts: column, clean: cleanTokens, corrupted: corruptedTokens, padToken: 0, lengths: column,
      mask: { ...cleanTokens, data: new Uint8Array(18).fill(1) }, answerPos, answers, wrong,
      labels: ['end'], positions: answerPos, group: column, groups: ['all'],
    }
    const texts = { ids, texts: ['Ann', 'Bo', 'Cy', 'Di', 'Ed', 'Flo', 'Gus', 'and'] }
    const view = await mounted(Patching, {
      patching: { ...patching, pairs: (args) => (asked.push(args.source), pairs) },
      prompts: { list: () => [card, { ...card, id: 's2', name: 'Unpaired', isPaired: false }], tokenize: () => ({ tokens, splitWords: [], dropped: [], texts }) },
    })
    const sources = view.findAll('.patch-terms select')[0]!
    expect(sources.findAll('option').map((option) => option.text())).toContain('prompts: Names')
    expect(sources.text()).not.toContain('Unpaired')

    usePromptSets().offeredId = 's1'
    await flushPromises()
    await flushPromises()

    expect(asked.at(-1)).toMatchObject({ kind: 'given', title: 'Names', clean: { shape: [6, 3] } })
    expect(view.get('.patching-positions').text()).toContain('Ann→Cy')
  })

  test('a network without attention is told of as such, not as a failure', async () => {
    const message = "Activation patching: needs a transformer; this model is 'mlp'"
    const unsuited = new AppError({ code: 'MODEL_UNSUITABLE', message })
    const view = await mounted(Patching, { patching: { pairs: () => Promise.reject(unsuited) } })

    expect(view.get('.empty-state-title').text()).toBe('This network has nothing to patch here')
    expect(view.text()).toContain(message)
    expect(view.find('.error-state').exists()).toBe(false)
  })
})

test('the inspector has the numbers of the selected site without asking for them again', async () => {
  await mounted()
  const view = await mounted(PatchingInspector, {})
  const facts = Object.fromEntries(view.findAll('dt').map((dt) => [dt.text(), dt.element.nextElementSibling!.textContent]))

  expect(view.get('h3').text()).toBe('head 0.1')
  expect(facts).toMatchObject({ 'Hook point': 'blocks.0.attn.hook_z', 'logit difference': '2', Effect: '6', 'Normalized effect': '0.6' })
})
