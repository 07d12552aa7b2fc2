import type { Run } from '@contract/runs'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { useProject } from '@renderer/workbench/project'
import { useRuns } from '@renderer/workbench/runs'
import { useSelection } from '@renderer/workbench/selection'
import { views, type ViewFixtures, type ViewState } from '@renderer/workbench/view'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, test, vi } from 'vitest'

const modules = import.meta.glob<ViewFixtures>('../../src-renderer/views/*/fixtures.ts', { eager: true, import: 'default' })
const fixturesOf = (id: string): ViewFixtures | undefined => modules[`../../src-renderer/views/${id}/fixtures.ts`]

let mounted: VueWrapper | undefined
afterEach(() => mounted?.unmount())

/** The view over what its fixture answers, after everything that answers has answered. */
async function open(id: string, state: ViewState): Promise<VueWrapper> {
  const pinia = createPinia()
  setActivePinia(pinia)
  useProject().current = { name: 'sample', folder: '.', sizeBytes: 1, isReadOnly: false, schemaVersion: 1 }
  useRuns().replaceAll(await listed(state.answers))
  useSelection().select(state.selection ?? {})
  const { default: component } = await views.find((view) => view.id === id)!.component()
  mounted = mount(component, {
    global: { plugins: [pinia, { install: (app) => provideClient(app, createFixtureClient(state.answers)) }] },
    attachTo: document.body,
  })
  await flushPromises()
  await flushPromises()
  return mounted
}

async function listed(answers: Answers): Promise<readonly Run[]> {
  return (await answers.runs?.list?.({}, { signal: new AbortController().signal })) ?? []
}

test('every view has fixtures and every fixture has a view', () => {
  const folders = Object.keys(modules).map((path) => path.split('/').at(-2))

  expect(folders.sort()).toEqual(views.map(({ id }) => id).sort())
})

describe.each(views.map(({ id }) => id))('%s', (id) => {
  const states = fixturesOf(id)!

  test('an empty project is shown as empty, and not as an error', async () => {
    const view = await open(id, states.empty)

    expect(view.find('.empty-state-title').text()).not.toBe('')
    expect(view.find('.error-state').exists()).toBe(false)
  })

  test('what has not answered yet is shown as pending', async () => {
    const view = await open(id, states.loading)

    expect(view.find('[role=status]').exists()).toBe(true)
    expect(view.find('.error-state').exists()).toBe(false)
  })

  test('a failure is shown with its code', async () => {
    const view = await open(id, states.error)

    expect(view.find('.error-state-code').text()).toMatch(/^[A-Z_]+$/)
  })

  test('what is there is shown without complaint and every control has a name', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const view = await open(id, states.full)

    expect(view.find('.empty-state, .error-state, .pending-state').exists()).toBe(false)
    expect(view.text().length).toBeGreaterThan(40)
    expect(namelessControls(view.element)).toEqual([])
    expect(warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('[Vue warn]'))).toEqual([])
    warn.mockRestore()
  })
})

/** Buttons and fields that a screen reader would read out as nothing. */
function namelessControls(root: Element): readonly string[] {
  return [...root.querySelectorAll('button, input, select, textarea, [role=slider], [role=switch]')]
    .filter((control) => {
      const label = control.closest('label')?.textContent ?? ''
      const title = control.getAttribute('title') ?? ''
      return `${control.getAttribute('aria-label') ?? ''}${control.textContent ?? ''}${label}${title}`.trim() === ''
    })
    .map((control) => control.outerHTML.slice(0, 120))
}
