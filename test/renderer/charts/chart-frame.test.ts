import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, test } from 'vitest'
import { h, nextTick } from 'vue'
import BarChart from '@renderer/charts/BarChart.vue'
import ChartFrame from '@renderer/charts/ChartFrame.vue'
import type { ReportedFigure } from '@renderer/charts/figure'
import MarkerHandle from '@renderer/charts/MarkerHandle.vue'
import { linearScale } from '@renderer/base/scales'
import { functionsIn } from './theme'

const how = {
  definition: 'IPR of each neuron.',
  source: 'arXiv:2310.13061',
  spec: { seed: 1 },
  backend: 'wasm',
  elapsedMs: 3,
}
const chart = () =>
  h(BarChart, {
    label: 'Spectrum',
    categories: ['0', '1'],
    series: [{ title: 'a', colour: 'run-1', values: Float32Array.of(0.25, 0.75) }],
    x: { title: 'frequency' },
    y: { title: 'magnitude' },
  })
const framed = (props: object) =>
  mount(ChartFrame, {
    props: { title: 'Spectrum of neuron 7', hasData: true, ...props },
    slots: { default: chart },
    attachTo: document.body,
  })

async function openMenu(frame: ReturnType<typeof framed>): Promise<readonly HTMLElement[]> {
  const trigger = frame.get('[aria-label="Menu of Spectrum of neuron 7"].icon-button')
  await trigger.trigger('keydown', { key: 'Enter' })
  await flushPromises()
  return [...document.querySelectorAll<HTMLElement>('[role=menuitem]')]
}

describe('ChartFrame', () => {
  afterEach(() => (document.body.innerHTML = ''))

  test('without data it is pending, empty or failed, each in words', () => {
    const states = [
      framed({ hasData: false, pending: true }),
      framed({ hasData: false, empty: { title: 'No neuron selected', text: 'Select a row of the table.' } }),
      framed({ hasData: false, error: { code: 'MODEL_UNSUITABLE', message: 'this model is a transformer' } }),
    ]

    expect(states.map((frame) => frame.get('.chart-frame-body').text())).toEqual([
      'Computing spectrum of neuron 7',
      'No neuron selectedSelect a row of the table.',
      expect.stringContaining('this model is a transformerMODEL_UNSUITABLE'),
    ])
  })

  test('a failure while older data are shown keeps the picture and says what happened', () => {
    const frame = framed({ error: { code: 'COMPUTE_DIED', message: 'the compute process ended' } })

    expect(frame.find('.e-chart').exists()).toBe(true)
    expect(frame.get('[role=alert]').text()).toBe('the compute process ended')
  })

  test('an error leads to its help page and to another try', async () => {
    const frame = framed({ hasData: false, error: { code: 'COMPUTE_DIED', message: 'ended' } })
    const [help, retry] = frame.findAll('.error-state button')

    await help!.trigger('click')
    await retry!.trigger('click')

    expect([frame.emitted('help'), frame.emitted('retry')]).toEqual([[['COMPUTE_DIED']], [[]]])
  })

  test('add to report carries the option as JSON, the numbers as CSV and how it was computed', async () => {
    const frame = framed({ how, caption: 'A pure cosine.' })
    await nextTick()

    const item = (await openMenu(frame)).find((one) => one.textContent!.includes('Add to report'))!
    item.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    item.click()
    await flushPromises()

    const [figure] = frame.emitted<[ReportedFigure]>('addToReport')![0]!
    expect({ ...figure, option: undefined }).toEqual({
      title: 'Spectrum of neuron 7',
      caption: 'A pure cosine.',
      csv: 'frequency,a\r\n0,0.25\r\n1,0.75\r\n',
      how,
      option: undefined,
    })
    expect(functionsIn(JSON.parse(figure.option))).toEqual([])
    expect(JSON.parse(figure.option).series[0].data[1]).toMatchObject({ value: 0.75 })
  })

  test('the menu says why nothing can be exported while there is no picture', async () => {
    const items = await openMenu(framed({ hasData: false }))

    const disabled = items.filter((item) => item.getAttribute('aria-disabled') === 'true')
    expect(disabled.length).toBe(items.length)
    expect(items[0]!.title).toBe('there is no picture yet')
  })
})

describe('MarkerHandle', () => {
  const area = {
    left: 50,
    top: 0,
    width: 500,
    height: 100,
    x: linearScale([0, 500], [50, 550]),
    range: [0, 500] as const,
  }

  test('arrow keys move by a step, with Shift by ten, and stay inside the axis', async () => {
    const handle = mount(MarkerHandle, { props: { area, label: 'Neurons removed', step: 1, modelValue: 3 } })

    for (const [key, shiftKey] of [
      ['ArrowRight', false],
      ['ArrowLeft', true],
      ['End', false],
    ] as const) {
      await handle.trigger('keydown', { key, shiftKey })
    }

    expect(handle.emitted('update:modelValue')).toEqual([[4], [0], [500]])
    expect(handle.attributes()).toMatchObject({
      role: 'slider',
      'aria-valuenow': '500',
      'aria-valuemax': '500',
    })
  })

  test('a drag gives the whole number under the pointer', async () => {
    const handle = mount(MarkerHandle, { props: { area, label: 'Neurons removed', step: 1, modelValue: 3 } })
    const element = handle.element as HTMLElement
    element.setPointerCapture = () => undefined

    await handle.trigger('pointerdown', { pointerId: 1 })
    await handle.trigger('pointermove', { clientX: 360.4, pointerId: 1 })
    await handle.trigger('pointerup', { pointerId: 1 })

    expect(handle.emitted('update:modelValue')).toEqual([[310]])
    expect(handle.emitted('commit')).toHaveLength(1)
  })
})
