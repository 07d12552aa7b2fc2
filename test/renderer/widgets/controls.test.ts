import { mount } from '@vue/test-utils'
import { describe, expect, test } from 'vitest'
import Button from '@renderer/widgets/Button.vue'
import IconButton from '@renderer/widgets/IconButton.vue'
import NumberField from '@renderer/widgets/NumberField.vue'
import SettingField from '@renderer/widgets/SettingField.vue'
import Slider from '@renderer/widgets/Slider.vue'
import Sparkline from '@renderer/widgets/Sparkline.vue'

describe('Button', () => {
  test('with a reason it stays reachable, says why and does nothing', async () => {
    const button = mount(Button, {
      props: { reason: 'this model has no attention' },
      slots: { default: 'Patch heads' },
    })

    await button.trigger('click')

    expect(button.emitted('press')).toBeUndefined()
    expect(button.attributes()).toMatchObject({
      'aria-disabled': 'true',
      title: 'this model has no attention',
    })
    expect(button.attributes('disabled')).toBeUndefined()
    expect(button.text()).toContain('this model has no attention')
  })

  test('without a reason a click presses it, once', async () => {
    const button = mount(Button, { slots: { default: 'Save' } })

    await button.trigger('click')

    expect(button.emitted('press')).toHaveLength(1)
  })

  test('an icon has its label as name and its reason with it', () => {
    const button = mount(IconButton, { props: { icon: 'undo', label: 'Undo', reason: 'nothing to undo' } })

    expect(button.attributes('aria-label')).toBe('Undo: nothing to undo')
    expect(button.get('svg').attributes('aria-hidden')).toBe('true')
  })
})

describe('NumberField', () => {
  const field = (props: object) =>
    mount(NumberField, { props: { label: 'Rate', modelValue: 0.01, ...props } })

  test.each([
    ['1e-3', 0.001],
    [' 0,5 ', 0.5],
    ['−2', -2],
  ])('%s is read as people write it', async (text, value) => {
    const rate = field({})

    await rate.get('input').setValue(text)
    await rate.get('input').trigger('change')

    expect(rate.emitted('update:modelValue')).toEqual([[value]])
  })

  test.each(['', 'many', '7', '0.5'])(
    '%j is kept, marked and not sent where a whole number up to 5 is wanted',
    async (text) => {
      const count = field({ isInteger: true, max: 5, modelValue: 3 })

      await count.get('input').setValue(text)
      await count.get('input').trigger('keydown', { key: 'Enter' })

      expect(count.emitted('update:modelValue')).toBeUndefined()
      expect(count.get('input').attributes('aria-invalid')).toBe('true')
      expect(count.get('input').element.value).toBe(text)
    },
  )

  test('arrows step by a tenth of the leading digit and stop at the ends', async () => {
    const rate = field({ max: 0.0125 })

    await rate.get('input').trigger('keydown', { key: 'ArrowUp' })
    await rate.get('input').trigger('keydown', { key: 'ArrowUp', shiftKey: true })

    expect(rate.emitted('update:modelValue')).toEqual([[0.011], [0.0125]])
  })
})

describe('Slider', () => {
  test('arrow keys send whole steps and say the value in words', async () => {
    const slider = mount(Slider, {
      props: { label: 'Neurons removed', modelValue: 310, max: 500, valueText: '310 of 500 removed' },
      attachTo: document.body,
    })
    const thumb = slider.get('[role=slider]')

    await thumb.trigger('keydown', { key: 'ArrowRight' })

    expect(slider.emitted('update:modelValue')).toEqual([[311]])
    expect(slider.emitted('commit')).toEqual([[311]])
    expect(thumb.attributes()).toMatchObject({
      'aria-label': 'Neurons removed',
      'aria-valuetext': '310 of 500 removed',
    })
    slider.unmount()
  })
})

describe('SettingField', () => {
  const weightDecay = {
    kind: 'number',
    title: 'Weight decay',
    help: 'Larger forgets sooner.',
    default: 0,
    min: 0,
    max: 50,
  } as const

  test('a changed value offers the way back to its default', async () => {
    const setting = mount(SettingField, { props: { field: weightDecay, modelValue: 15 } })

    await setting.get('.setting-field-reset').trigger('click')

    expect(setting.emitted('update:modelValue')).toEqual([[0]])
  })

  test('title, help with range and complaint are all in words', () => {
    const setting = mount(SettingField, {
      props: { field: weightDecay, modelValue: 0, complaint: 'weightDecay is -1' },
    })

    expect(setting.text()).toContain('Weight decay')
    expect(setting.get('.setting-field-help').text()).toBe('Larger forgets sooner. (0 to 50)')
    expect(setting.get('[role=alert]').text()).toBe('weightDecay is -1')
    expect(setting.find('.setting-field-reset').exists()).toBe(false)
  })

  test('each kind has its control, and its value keeps its type', async () => {
    const choice = mount(SettingField, {
      props: {
        field: { kind: 'choice', title: 'Activation', help: '', default: 'relu', choices: ['relu', 'gelu'] },
        modelValue: 'relu',
      },
    })
    const onOff = mount(SettingField, {
      props: { field: { kind: 'boolean', title: 'BatchNorm', help: '', default: false }, modelValue: false },
    })

    await choice.get('select').setValue('gelu')
    await onOff.get('[role=switch]').trigger('click')

    expect(choice.emitted('update:modelValue')).toEqual([['gelu']])
    expect(onOff.emitted('update:modelValue')).toEqual([[true]])
  })
})

describe('Sparkline', () => {
  test('values are drawn from left to right, one is the top, and a gap is left out', () => {
    const spark = mount(Sparkline, {
      props: { label: 'Train', lines: [{ values: [0, NaN, 1], colour: 'train' }], width: 22, height: 23 },
    })

    expect(spark.get('polyline').attributes('points')).toBe('1.0,21.5 21.0,1.5')
    expect(spark.attributes()).toMatchObject({ role: 'img', 'aria-label': 'Train' })
  })
})
