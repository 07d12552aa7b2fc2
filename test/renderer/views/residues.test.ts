import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '@main/base/result'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import fixtures, { directions, geometry, progress } from '@renderer/views/residues/fixtures'
import { directionLines, embeddingPoints, excludedBars, progressFacts, shareBars } from '@renderer/views/residues/residue-figures'
import Residues from '@renderer/views/residues/Residues.vue'
import { useResiduesState } from '@renderer/views/residues/residues-state'
import { useSelection } from '@renderer/workbench/selection'

async function mounted(answers: Answers = fixtures.full.answers) {
  const view = mount(Residues, {
    attachTo: document.body,
    global: { plugins: [{ install: (app) => provideClient(app, createFixtureClient(answers)) }] },
  })
  for (let i = 0; i < 4; i++) await flushPromises()
  return view
}

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(fixtures.full.selection!)
})
afterEach(() => (document.body.innerHTML = ''))

test('pictures are of the numbers: no constant among the harmonics, the mean no part of the variance', () => {
  const bars = shareBars(progress())
  expect(bars.categories).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(bars.series[0]!.values[1]).toBe(0.48)
  expect(excludedBars(progress()).categories).toEqual(['none', '2', '5', 'all'])
  expect([...(excludedBars(progress()).series[0]!.values as Float64Array)]).toEqual([0.0001, 2, 3, 7.1])
  const held = directionLines(directions)[1]!.y as Float64Array
  expect([held[0], held[1], held[2], held[3]]).toEqual([0, 0, 0.3, 0.3 + 0.28])
  const { xs, ys } = embeddingPoints(geometry, 2)!
  expect(Math.hypot(xs[3]!, ys[3]!)).toBeCloseTo(Math.sqrt(2 / 13), 9)
  expect(progressFacts({ ...progress(), testLoss: null }).find(({ name }) => name === 'Test loss')!.value).toBe('–')
})

test('key frequencies are those of the last checkpoint, or of the shown one when that is chosen', async () => {
  const asked: unknown[] = []
  const { residues, runs } = fixtures.full.answers
  const view = await mounted({ runs, residues: { ...residues, progress: (args, ctx) => (asked.push(args), residues!.progress!(args, ctx)) } })

  expect(asked).toMatchObject([{ step: 400 }, { step: 400, freqs: [2, 5] }])
  expect(view.text()).toContain('2, 5')
  asked.length = 0
  useResiduesState().keys = 'own'
  for (let i = 0; i < 3; i++) await flushPromises()
  expect(asked).toEqual([{ runId: 'run-1', step: 400 }])
})

test('a run without residues is told of as such, not as a failure', async () => {
  const refuse = (): Promise<never> => Promise.reject(new AppError({ code: 'MODEL_UNSUITABLE', message: "the task is 'x'; expected 'modular-arithmetic'" }))
  const view = await mounted({ ...fixtures.full.answers, residues: { progress: refuse, geometry: refuse, directions: refuse } })

  expect(view.get('.empty-state-title').text()).toBe('No residues here')
  expect(view.find('.error-state').exists()).toBe(false)
})
