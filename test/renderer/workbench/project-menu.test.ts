import type { ProjectCard } from '@contract/projects'
import { createFixtureClient } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import ProjectMenu from '@renderer/workbench/ProjectMenu.vue'
import Menu from '@renderer/widgets/Menu.vue'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, test } from 'vitest'

const card = (name: string, over: Partial<ProjectCard>): ProjectCard => ({ name, sizeBytes: 1, changedMs: 0, isSample: true, isOpen: false, ...over })

test('offers the samples that are not open, and opens the chosen one', async () => {
  const pinia = createPinia()
  setActivePinia(pinia)
  const opened: string[] = []
  const answers = {
    projects: {
      list: () => [card('corrupted-addition', { isOpen: true }), card('induction', {}), card('own', { isSample: false })],
      open: ({ name }: { name: string }) => {
        opened.push(name)
        return { name, folder: '', sizeBytes: 1, isReadOnly: false, schemaVersion: 1 }
      },
    },
  }
  const wrapper = mount(ProjectMenu, {
    global: { plugins: [pinia, { install: (app) => provideClient(app, createFixtureClient(answers)) }] },
  })
  await flushPromises()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const menu = wrapper.findComponent(Menu)
  const samples = menu.props('items').filter(({ id }) => id.startsWith('sample '))
  menu.vm.$emit('choose', 'sample induction')
  await flushPromises()
  wrapper.unmount()

  expect(samples.map(({ title }) => title)).toEqual(['Open sample induction'])
  expect(opened).toEqual(['induction'])
})
