import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineComponent, h } from 'vue'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import InputPicker from '@renderer/workbench/InputPicker.vue'
import { useChosenInputs, useInputs } from '@renderer/workbench/inputs'
import { useSelection } from '@renderer/workbench/selection'

let chosen: ReturnType<typeof useChosenInputs>
async function mounted(answers: Answers) {
  const both = defineComponent({
    setup() {
      chosen = useChosenInputs()
      return () => h(InputPicker)
    },
  })
  const view = mount(both, { global: { plugins: [{ install: (app) => provideClient(app, createFixtureClient(answers)) }] } })
  await flushPromises()
  return view
}

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select({ runId: 'run-1', step: 4 })
})
afterEach(() => (document.body.innerHTML = ''))

test('a text of one’s own is tokenized by the run, with the start token where it is wanted', async () => {
  const asked: unknown[] = []
  const encode: NonNullable<Answers['prompts']>['encode'] = (args) => {
    asked.push(args)
    const tokens = args.startToken ? [9, 1, 2] : [1, 2]
    return { tokens: { axes: ['pos'], shape: [tokens.length], data: Int32Array.from(tokens) }, texts: tokens.map(String) }
  }
  const view = await mounted({ prompts: { list: () => [], encode } })
  useInputs().source = 'text'
  await flushPromises()
  expect(chosen.one.value).toBeUndefined()

  await view.get('.input-picker-text input, input.input-picker-text').setValue('one two')
  await view.get('.input-picker-text input, input.input-picker-text').trigger('change')
  await flushPromises()
  await flushPromises()
  expect(asked).toEqual([{ tokenizer: { kind: 'run', runId: 'run-1' }, text: 'one two', startToken: false }])
  expect(chosen.one.value).toMatchObject({ kind: 'tokens', tokens: { shape: [1, 2] } })

  useInputs().startToken = true
  await flushPromises()
  await flushPromises()
  expect(chosen.many.value).toMatchObject({ tokens: { shape: [1, 3], data: Int32Array.of(9, 1, 2) } })
})

test('what the tokenizer refuses is said beside the field', async () => {
  const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('“q” is no token of this run'), { code: 'TOKEN_UNKNOWN' }))
  const view = await mounted({ prompts: { list: () => [], encode: refuse } })
  useInputs().source = 'text'
  useInputs().text = 'q'
  await flushPromises()
  await flushPromises()

  expect(view.get('[role=alert]').text()).toBe('“q” is no token of this run')
  expect(chosen.one.value).toBeUndefined()
})
