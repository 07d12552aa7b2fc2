import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attributionTargets } from '@contract/words'
import { AppError } from '@main/base/result'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import fixtures, { answerAt, at, lens, points } from '@renderer/views/lens/fixtures'
import Lens from '@renderer/views/lens/Lens.vue'
import {
  cellDetails,
  colourMatrix,
  componentBars,
  decompositionLines,
  layersPassed,
  pointTitle,
  profileLines,
  rightCells,
  sourceBars,
  topTexts,
} from '@renderer/views/lens/lens-numbers'
import { targetTitles, useLensState } from '@renderer/views/lens/lens-state'
import { useInputs } from '@renderer/workbench/inputs'
import { useSelection } from '@renderer/workbench/selection'

const context = { signal: new AbortController().signal }
const inputs = { kind: 'examples', split: 'test', first: 0, count: 1 } as const
const table = async () => lens!.table!({ ...at, inputs, topCount: 5 }, context)
const attribution = async () => lens!.attribution!({ ...at, inputs, target: 'logit', neuronCount: 1 }, context)

function mounted(answers: Answers = { lens }) {
  const asked: Record<string, unknown> = {}
  const listened = Object.entries(answers.lens ?? {}).map(([method, answer]) => [
    method,
    (args: never, ctx: never) => ((asked[method] = args), (answer as (args: never, ctx: never) => unknown)(args, ctx)),
  ])
  const client = createFixtureClient({ ...answers, lens: Object.fromEntries(listened) as Answers['lens'] })
  const view = mount(Lens, { attachTo: document.body, global: { plugins: [{ install: (app) => provideClient(app, client) }] } })
  return { view, asked }
}

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(fixtures.full.selection!)
})
afterEach(() => (document.body.innerHTML = ''))

describe('numbers of the stream', () => {
  test('points read as layers and places, and lie half a layer apart', () => {
    expect(points.map(pointTitle)).toEqual(['embed', '0 mid', '0 post', '1 mid', '1 post'])
    expect(points.map(layersPassed)).toEqual([0, 0.5, 1, 1.5, 2])
    expect(['blocks.1.hook_attn_out', 'blocks.1.hook_mlp_out'].map(layersPassed)).toEqual([1.5, 2])
  })

  test('cells hold the likeliest class, its probability, and whether it is the answer', async () => {
    const found = await table()

    expect(topTexts(found).slice(-3)).toEqual(['7', '7', '42'])
    expect([...rightCells(found)].flatMap((right, i) => (right ? [i] : []))).toEqual([11, 14])
    expect(colourMatrix(found, 'probability').data[14]).toBe(answerAt(4))
    expect(colourMatrix(found, 'answer').data[13]).toBeNaN()
    expect(cellDetails(found, 4, 2)).toEqual(['1 post, position 2 “=”', '42 1', 'answer 42: 1, rank 1', 'KL to the final 0 nats'])
    expect(cellDetails(found, 0, 1)).toHaveLength(3)
  })

  test('bars end with the logit they sum to', async () => {
    const found = await attribution()
    const bars = componentBars(found)

    expect(bars.at(-1)).toMatchObject({ value: found.logit, isTotal: true })
    expect(bars.slice(0, -1).reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(found.logit, 12)
  })

  test('source tokens of a head end with what the head writes', async () => {
    const bars = sourceBars(await attribution(), { layer: 1, head: 0 })

    expect(bars.map(({ title, value }) => [title, value])).toEqual([
      ['0 12', -0.5],
      ['1 30', -0.25],
      ['2 =', -0.25],
      ['Head 1.0', -1],
    ])
  })

  test('curves go along the layers passed', async () => {
    const [probability] = profileLines(await lens!.profile!({ ...at, inputs }, context), 'answer')
    const lines = decompositionLines(await lens!.decomposition!({ ...at, inputs }, context), 'norm')

    expect([Array.from(probability!.x), Array.from(probability!.y)]).toEqual([
      [0, 0.5, 1, 1.5, 2],
      [0, 0.25, 0.5, 0.75, 1],
    ])
    expect(lines.map(({ title, x, y }) => [title, Array.from(x), Array.from(y)])).toEqual([
      ['stream', [0, 0.5, 1, 1.5, 2], [1, 2, 3, 4, 5]],
      ['attention writes', [0.5, 1.5], [1, 1]],
      ['MLP writes', [1, 2], [2, 3]],
    ])
  })

  test('every target of the contract has a title', () => {
    expect(Object.keys(targetTitles)).toEqual([...attributionTargets])
  })
})

describe('Lens.vue', () => {
  test('a cell selects its place everywhere, and its position where that has an answer', async () => {
    const { view, asked } = mounted()
    await flushPromises()
    await flushPromises()
    const press = (...keys: readonly string[]) => Promise.all(keys.map((key) => view.get('.lens-table-body').trigger('keydown', { key })))

    await press('ArrowLeft', 'Enter')
    expect(useSelection().site).toBe('blocks.1.hook_resid_post[pos=1]')
    expect(useLensState().position).toBeUndefined()
    await press('ArrowUp', 'ArrowRight', 'Enter')
    expect(useSelection().site).toBe('blocks.1.hook_resid_mid[pos=2]')
    await vi.waitFor(() => expect(asked['attribution']).toMatchObject({ position: 2, target: 'logit' }))
  })

  test('a bar shows the part with its sign, and the sum below', async () => {
    const { view } = mounted()
    await flushPromises()

    const rows = view.findAll('.signed-bars-row').map((row) => row.text().replaceAll(/\s+/g, ' '))
    expect(rows).toContain('Attention 1−0.75')
    expect(rows.at(-1)).toBe('Sum+12')
  })

  test('averaging asks for many, the table stays at one', async () => {
    const { asked } = mounted()
    await flushPromises()

    useInputs().isAveraged = true
    await vi.waitFor(() => expect(asked['attribution']).toMatchObject({ inputs: { count: 64 } }))
    expect(asked['table']).toMatchObject({ inputs: { count: 1 } })
  })

  test('a run without a residual stream is empty, not broken, and says why', async () => {
    const refuse = () => Promise.reject(new AppError({ code: 'MODEL_UNSUITABLE', message: 'Logit lens: model mlp has no attention heads' }))
    const { view } = mounted({ lens: { table: refuse, profile: refuse, attribution: refuse, decomposition: refuse } })
    await flushPromises()

    expect(view.get('.empty-state-title').text()).toBe('No residual stream to read')
    expect(view.find('.error-state').exists()).toBe(false)
  })
})
