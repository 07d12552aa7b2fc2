import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Component } from 'vue'
import { attentionKinds, headScoreIds } from '@contract/words'
import { AppError } from '@main/base/result'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import Attention from '@renderer/views/attention/Attention.vue'
import { kindTitles, scoreAxis, scoreTitles, useAttentionState } from '@renderer/views/attention/attention-state'
import { attention, at } from '@renderer/views/attention/fixtures'
import { headFacts, strongestLooks } from '@renderer/views/attention/head-facts'
import HeadInspector from '@renderer/views/attention/HeadInspector.vue'
import { headAt, scoreOf, sortedHeads } from '@renderer/views/attention/use-attention'
import { patternOf, tokens } from '@renderer/views/attention/written-heads'
import { lens } from '@renderer/views/lens/fixtures'
import { useInputs } from '@renderer/workbench/inputs'
import { useSelection } from '@renderer/workbench/selection'

const context = { signal: new AbortController().signal }
const replies = async () => ({
  scores: await attention!.scores!(at, context),
  head: await attention!.head!({ ...at, inputs: { kind: 'examples', split: 'test', first: 0, count: 1 }, kind: 'pattern', layer: 1, head: 0 }, context),
})

/** The view, and every question it asks of the attention namespace. */
function mounted(component: Component, answers: Answers = { attention, lens }) {
  const asked: { readonly method: string; readonly args: unknown }[] = []
  const listened = Object.entries(answers.attention ?? {}).map(([method, answer]) => [
    method,
    (args: never, ctx: never) => (asked.push({ method, args }), (answer as (args: never, ctx: never) => unknown)(args, ctx)),
  ])
  const client = createFixtureClient({ ...answers, attention: Object.fromEntries(listened) as Answers['attention'] })
  const view = mount(component, {
    attachTo: document.body,
    global: { plugins: [{ install: (app) => provideClient(app, client) }] },
  })
  return { view, asked, last: (method: string) => asked.filter((one) => one.method === method).at(-1)?.args }
}

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(at)
})
afterEach(() => (document.body.innerHTML = ''))

describe('the words of the view', () => {
  test('every kind and every score of the contract has a title', () => {
    expect(Object.keys(kindTitles)).toEqual([...attentionKinds])
    expect(Object.keys(scoreTitles)).toEqual([...headScoreIds])
  })

  test('copying is coloured around zero, entropy up to the largest there is, the rest as shares', () => {
    expect(headScoreIds.map((id) => [scoreAxis(id, 2).min, scoreAxis(id, 2).max])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [-1, 1],
      [0, 2],
    ])
  })
})

describe('what is read of the replies', () => {
  test('a head lies at any site that names one', () => {
    expect(headAt('blocks.1.attn.hook_z[head=3]')).toEqual({ layer: 1, head: 3 })
    expect(headAt('blocks.1.attn.hook_pattern[head=0,pos=2]')).toEqual({ layer: 1, head: 0 })
    expect(headAt('blocks.1.hook_resid_post[pos=2]')).toBeUndefined()
    expect(headAt(undefined)).toBeUndefined()
  })

  test('heads are sorted by a score, those without one last', () => {
    expect(sortedHeads([0.2, NaN, 0.9, 0.2])).toEqual([2, 0, 3, 1])
  })

  test('facts and scores of a head are its own', async () => {
    const { scores } = await replies()

    expect(scoreOf(scores, 'induction')[2]).toBe(1)
    expect(headFacts(scores, { layer: 1, head: 0 }).find(({ name }) => name === 'Induction')?.value).toBe('1.000')
    expect(headFacts(scores, { layer: 0, head: 1 }).find(({ name }) => name === 'Duplicate token')?.value).toBe('1.000')
    expect(headFacts(scores, { layer: 2, head: 0 })).toEqual([])
  })

  test('the strongest looks of an induction head are from a token to what followed it', async () => {
    const { head } = await replies()

    expect(strongestLooks(head, 3).map(({ query, key, value }) => [query, key, value])).toEqual([
      [5, 2, 1],
      [6, 3, 1],
      [7, 4, 1],
    ])
    expect(strongestLooks(head, 1)[0]!.text).toBe(`${tokens[5]} → ${tokens[2]}`)
    expect([...patternOf(2).subarray(45, 54)].indexOf(1)).toBe(2)
  })
})

describe('Attention.vue', () => {
  test('a first look shows the head with the highest score, and asks for it alone', async () => {
    const { last, view } = mounted(Attention)
    await flushPromises()
    await flushPromises()

    expect(useSelection().site).toBe('blocks.1.attn.hook_z[head=0]')
    expect(last('head')).toMatchObject({ ...at, layer: 1, head: 0, kind: 'pattern' })
    expect(view.get('[aria-pressed=true].attention-grid-head').attributes('title')).toBe('Head 1.0, induction 1')
  })

  test('a click selects the head everywhere', async () => {
    const { view, last } = mounted(Attention)
    await flushPromises()

    await view.get('[data-head="1"]').trigger('click')
    await flushPromises()

    expect(useSelection().site).toBe('blocks.0.attn.hook_z[head=1]')
    expect(last('head')).toMatchObject({ layer: 0, head: 1 })
  })

  test('averaging asks for many from the first, stepping for one at its place', async () => {
    const { last } = mounted(Attention)
    await flushPromises()
    const inputs = useInputs()

    inputs.example = 7
    await vi.waitFor(() => expect(last('patterns')).toMatchObject({ inputs: { first: 7, count: 1 } }))
    inputs.isAveraged = true
    await vi.waitFor(() => expect(last('patterns')).toMatchObject({ inputs: { first: 0, count: 64 } }))
    inputs.source = 'repeated'
    await vi.waitFor(() => expect(last('patterns')).toMatchObject({ inputs: { kind: 'repeated', count: 64, seed: 0 } }))
  })

  test('scores are of the usual sequences unless those shown are wanted', async () => {
    const { last } = mounted(Attention)
    await flushPromises()
    expect(last('scores')).toEqual(at)

    useAttentionState().scoresShown = true
    await vi.waitFor(() => expect(last('scores')).toMatchObject({ inputs: { kind: 'examples', first: 0, count: 1 } }))
  })

  test('sorted, the heads stand from the highest score down', async () => {
    useAttentionState().score = 'copying'
    const { view } = mounted(Attention)
    await flushPromises()

    useAttentionState().isSorted = true
    await flushPromises()

    expect(view.findAll('.attention-grid-head').map((head) => head.attributes('data-head'))).toEqual(['2', '1', '0', '3'])
  })

  test('a run without heads is empty, not broken, and says why', async () => {
    const refuse = () => Promise.reject(new AppError({ code: 'MODEL_UNSUITABLE', message: 'Attention patterns: model mlp has no attention heads' }))
    const { view } = mounted(Attention, { attention: { patterns: refuse, head: refuse, scores: refuse } })
    await flushPromises()

    expect(view.get('.empty-state-title').text()).toBe('No attention to show')
    expect(view.text()).toContain('model mlp has no attention heads. Select a run of a transformer.')
    expect(view.find('.error-state').exists()).toBe(false)
  })
})

describe('HeadInspector.vue', () => {
  test('tells the scores, what the head writes to the answer, and where it looks', async () => {
    useSelection().select({ site: 'blocks.1.attn.hook_z[head=0]' })
    const { view } = mounted(HeadInspector)
    await flushPromises()

    expect(view.get('h3').text()).toBe('Head 1.0')
    const facts = Object.fromEntries(view.findAll('dt').map((dt) => [dt.text(), dt.element.nextElementSibling!.textContent!.trim()]))
    expect(facts).toMatchObject({ Induction: '1.000', Copying: '0.940', 'Of it, this head': '−1', '7 → 2': '1.000' })
  })

  test('without a head says what to select', async () => {
    const { view } = mounted(HeadInspector)
    await flushPromises()

    expect(view.text()).toContain('Select a head in the grid.')
  })
})
