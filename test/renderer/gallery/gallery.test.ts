import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, test } from 'vitest'
import { h } from 'vue'
import { chartEntries } from '@renderer/gallery/charts'
import { widgetEntries } from '@renderer/gallery/widgets'

const stems = (paths: readonly string[]): string[] =>
  paths.map((path) => path.split('/').at(-1)!.replace('.vue', '')).sort()
const widgets = stems(Object.keys(import.meta.glob('../../../src-renderer/widgets/*.vue')))
const charts = stems(Object.keys(import.meta.glob('../../../src-renderer/charts/*.vue')))

describe('gallery', () => {
  afterEach(() => (document.body.innerHTML = ''))

  test('every widget and every chart has an entry, and no entry is of something else', () => {
    expect(widgetEntries.map(({ name }) => name).sort()).toEqual(widgets)
    expect(chartEntries.map(({ name }) => name).sort()).toEqual(charts)
  })

  const states = [...widgetEntries, ...chartEntries].flatMap(({ name, states: all }) =>
    Object.entries(all).map(([state, draw]) => [name, state, draw] as const),
  )

  test.each(states)('%s, %s, draws without a warning', (name, _state, draw) => {
    const warnings: string[] = []
    const wrapper = mount(
      { render: () => h('div', [draw() as never]) },
      {
        attachTo: document.body,
        global: { config: { warnHandler: (message) => void warnings.push(message) } },
      },
    )

    expect(warnings).toEqual([])
    expect(`${name}: ${wrapper.element.childNodes.length > 0}`).toBe(`${name}: true`)
    wrapper.unmount()
  })
})
