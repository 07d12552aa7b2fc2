import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PromptPreview } from '@contract/prompts'
import type { Run } from '@contract/runs'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { fromFile, preview, prompts, sums } from '@renderer/views/prompts/fixtures'
import { droppedRows, promptRows, wordsOf } from '@renderer/views/prompts/prompt-rows'
import Prompts from '@renderer/views/prompts/Prompts.vue'
import { useProject } from '@renderer/workbench/project'
import { usePromptSets } from '@renderer/workbench/prompt-sets'
import { useRuns } from '@renderer/workbench/runs'
import { useSelection } from '@renderer/workbench/selection'

const task = { id: 'modular-arithmetic', settings: { p: 7, equalsToken: true } }
const run = { id: 'run-1', name: 'tiny', spec: { task } } as unknown as Run // what the view reads of a run

/** The view over the fixtures; what it asks for is kept. */
async function opened(answers: Answers['prompts'] = prompts): Promise<{ view: VueWrapper; asked: [string, unknown][] }> {
  const asked: [string, unknown][] = []
  const listened = Object.entries(answers ?? {}).map(([method, answer]) => [
    method,
    (args: never, ctx: never) => (asked.push([method, args]), (answer as (args: never, ctx: never) => unknown)(args, ctx)),
  ])
  const client = createFixtureClient({ prompts: Object.fromEntries(listened) as Answers['prompts'] })
  const view = mount(Prompts, { attachTo: document.body, global: { plugins: [{ install: (app) => provideClient(app, client) }] } })
  await flushPromises()
  await flushPromises()
  return { view, asked }
}

const press = async (words: string): Promise<void> => {
  const found = [...document.querySelectorAll('button')].find(({ textContent }) => textContent?.includes(words))
  if (!found) throw new Error(`no button says '${words}'`)
  found.click()
  await flushPromises()
  await flushPromises()
}
const last = (asked: readonly [string, unknown][], method: string): unknown => asked.filter(([name]) => name === method).at(-1)?.[1]

beforeEach(() => {
  setActivePinia(createPinia())
  useProject().current = { name: 'sample', folder: '.', sizeBytes: 1, isReadOnly: false, schemaVersion: 1 }
  useRuns().replaceAll([run])
  useSelection().select({ runId: run.id })
})
afterEach(() => (document.body.innerHTML = ''))

describe('rows of prompts', () => {
  const differing = (pieces: readonly { text: string; isDifferent: boolean }[] | undefined): readonly string[] =>
    (pieces ?? []).filter(({ isDifferent }) => isDifferent).map(({ text }) => text)

  test('mark the tokens that differ; a prompt left out is read in words and says why', () => {
    const [first, , third] = promptRows(preview)

    expect([first!.isTokens, differing(first!.clean), differing(first!.corrupted)]).toEqual([true, ['2'], ['4']])
    expect([third!.isTokens, differing(third!.clean), third!.why]).toEqual([false, [' 12'], '" 13" is not one token'])
    expect(droppedRows(preview)).toEqual([{ place: 3, text: '1 12', why: '" 13" is not one token' }])
  })

  test('of different length differ between their common beginning and end', () => {
    const prompt = { clean: 'the cat sat here', corrupted: 'the old dog sat here', answers: ['.'], wrong: [], marks: {}, group: 'all' }
    const { fit: _fit, ...rest } = preview
    const [row] = promptRows({ ...rest, prompts: [prompt] } satisfies PromptPreview)

    expect([differing(row!.clean), differing(row!.corrupted)]).toEqual([[' cat'], [' old', ' dog']])
    expect(wordsOf(' a  b ')).toEqual([' a', '  b', ' '])
  })
})

describe('the view', () => {
  test('shows the first set in the tokens of the selected run, and words without a tokenizer', async () => {
    const { view, asked } = await opened()

    expect(last(asked, 'preview')).toMatchObject({ source: { promptSetId: sums.id }, tokenizer: { kind: 'run', runId: run.id } })
    expect(view.findAll('mark').map((mark) => mark.text())).toEqual(['2', '4', '3', '0', '12', '4'])
    expect(view.find('.prompt-pages-verdict').text()).toBe('2 of 3 prompts fit this tokenizer.')
    await view.find('.prompt-pages-tools select').setValue('none')
    await flushPromises()
    expect(last(asked, 'preview')).not.toHaveProperty('tokenizer')
    expect(view.find('.prompt-text-tokens').exists()).toBe(false)
  })

  test('offers the chosen set to Patching', async () => {
    await opened()
    await press('Patch with it')

    expect(usePromptSets().offeredId).toBe(sums.id)
  })

  test('a draft begins with the settings of the run’s task and is kept under its name', async () => {
    const keptAs = { ...sums, id: 'prompts-3', name: 'new' }
    let list = [sums]
    const answers: Answers['prompts'] = { ...prompts, list: () => list, keep: () => ((list = [sums, keptAs]), keptAs) }
    const { view, asked } = await opened(answers)
    await press('New prompt set')

    const source = { kind: 'drawn', generatorId: 'modular-arithmetic', settings: { p: 7 }, seed: 1 }
    expect(last(asked, 'preview')).toMatchObject({ source })
    await press('Keep in the project')
    expect(last(asked, 'keep')).toEqual({ source, name: 'Modular arithmetic, + mod 7, seed 1' })
    expect(usePromptSets().chosenId).toBe('prompts-3')
    expect(view.find('[aria-current]').text()).toContain('new')
  })

  test('a setting that is refused says so beside its field, and nothing can be kept', async () => {
    const refuse = (): Promise<never> => Promise.reject({ code: 'SETTING_INVALID', message: 'p is 8; division needs a prime', detail: { key: 'p' } })
    const { view, asked } = await opened({ ...prompts, preview: refuse })
    await press('New prompt set')

    expect(view.find('.setting-field-complaint').text()).toBe('p is 8; division needs a prime')
    await press('Keep in the project')
    expect(last(asked, 'keep')).toBeUndefined()
  })

  test('removing asks once, says what is lost, and asks for the list again', async () => {
    let list = [sums, fromFile]
    const { asked } = await opened({ ...prompts, list: () => list, remove: () => ((list = [fromFile]), {}) })
    await press('Remove')

    expect(last(asked, 'remove')).toBeUndefined()
    expect(document.querySelector('.dialog-description')!.textContent).toContain('3 prompts with their answers leave the project')
    await press('Remove the set')
    expect(last(asked, 'remove')).toEqual({ promptSetId: sums.id })
    expect([...document.querySelectorAll('.set-list-name')].map(({ textContent }) => textContent)).toEqual([fromFile.name])
  })

  test('prompts from a file are paired with those of another of the same length', async () => {
    const pair = { ...sums, id: 'prompts-4', name: 'paired' }
    const { asked } = await opened({ ...prompts, list: () => [fromFile, { ...fromFile, id: 'prompts-5', name: 'corrupted' }], pair: () => pair })
    await press('Pair with corrupted prompts')
    const pairs = [...document.querySelectorAll('.dialog button')].find(({ textContent }) => textContent?.trim() === 'Pair') as HTMLElement
    pairs.click()
    await flushPromises()

    expect(last(asked, 'pair')).toEqual({ cleanId: fromFile.id, corruptedId: 'prompts-5', name: 'my prompts, paired' })
  })
})
