import type { MaskCard } from '@contract/masks'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defineComponent, h, type Component } from 'vue'
import { defaultRoleThresholds, pruneOrders, roles } from '@contract/interpret'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { accuraciesWithout, modulus, participation, spectrum } from '@renderer/views/neurons/analytic-network'
import fixtures, {
  at,
  network,
  neurons as neuronsOf,
  neuron as neuronOf,
  pruneCurve,
} from '@renderer/views/neurons/fixtures'
import NeuronInspector from '@renderer/views/neurons/NeuronInspector.vue'
import Neurons from '@renderer/views/neurons/Neurons.vue'
import { useNeuronsState } from '@renderer/views/neurons/neurons-state'
import { orderTitles, roleNames } from '@renderer/views/neurons/roles'
import { useNeurons } from '@renderer/views/neurons/use-neurons'
import {
  accuraciesAt,
  curveLines,
  harmonics,
  removedOf,
  usePrune,
  type Prune,
} from '@renderer/views/neurons/use-prune'
import { useSaveMask } from '@renderer/views/neurons/use-save-mask'
import { useSavePruned } from '@renderer/views/neurons/use-save-pruned'
import { useCommands } from '@renderer/workbench/commands'
import { useHistory } from '@renderer/workbench/history'
import { useSelection } from '@renderer/workbench/selection'

const generalizing = network.made.flatMap((source, i) => (source ? [i] : []))

function mounted(component: Component, answers: Answers = fixtures.full.answers) {
  const wrapper = mount(component, {
    attachTo: document.body,
    global: { plugins: [{ install: (app) => provideClient(app, createFixtureClient(answers)) }] },
  })
  return wrapper
}

/** The prune state over the whole network, as the view has it. */
async function prunePanel(answers: Answers = fixtures.full.answers): Promise<Prune> {
  let prune: Prune | undefined
  const Host = defineComponent(() => {
    prune = usePrune(useNeurons().data)
    return () => h('i')
  })
  mounted(Host, answers)
  await flushPromises()
  return prune!
}

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(fixtures.full.selection!)
})
afterEach(() => (document.body.innerHTML = ''))

describe('the analytic network', () => {
  test('cosine neurons alone answer every pair with its sum', () => {
    const rest = new Set(network.made.flatMap((source, i) => (source ? [] : [i])))

    expect(accuraciesWithout(network, rest)).toEqual({
      trainClean: 1,
      test: 1,
      trueLabel: 1,
      trainCorrupted: 0,
      train: expect.closeTo(1 - network.corrupted.size / trainCount(), 12) as number,
    })
  })

  test('a cosine has participation one, a single residue almost the least there is', () => {
    expect(participation(spectrum(network.inputA[generalizing[0]!]!))).toBeCloseTo(1, 12)
    expect(participation(spectrum(network.inputA[0]!))).toBeCloseTo(2 / (modulus + 1), 12)
  })

  function trainCount(): number {
    return Array.from({ length: modulus ** 2 }, (_, pair) => network.isTraining(pair)).filter(Boolean).length
  }
})

describe('the words of the view', () => {
  test('roles stand in the order of their indices in the contract and each prune order has a title', () => {
    expect(roleNames).toEqual(roles)
    expect(Object.keys(orderTitles)).toEqual([...pruneOrders])
  })
})

describe('the prune curve', () => {
  const curve = pruneCurve({ ...at, order: 'ipr-ascending' })

  test('what the slider reads at each count is what brute force measures with those neurons removed', () => {
    const read = Array.from({ length: network.count + 1 }, (_, count) => accuraciesAt(curve, count))
    const brute = Array.from({ length: network.count + 1 }, (_, count) => {
      const {
        trainClean,
        trainCorrupted,
        test: unseen,
        trueLabel,
      } = accuraciesWithout(network, new Set(removedOf(curve, count)))
      return {
        trainClean: Math.fround(trainClean),
        trainCorrupted: Math.fround(trainCorrupted),
        test: Math.fround(unseen),
        trueLabel: Math.fround(trueLabel),
      }
    })

    expect(read).toEqual(brute)
  })

  test('the drawn lines hold the same numbers as the slider reads', () => {
    const byTitle = Object.fromEntries(curveLines(curve).map((line) => [line.title, line]))

    expect(byTitle['test']!.y[30]).toBe(accuraciesAt(curve, 30)!.test)
    expect(byTitle['predicted as true label']!.y[30]).toBe(accuraciesAt(curve, 30)!.trueLabel)
    expect(byTitle['test']!.x[30]).toBe(30)
  })

  test('beyond what has been measured there is no number', () => {
    const growing = pruneCurve({ ...at, order: 'ipr-ascending' }, 20)

    expect(accuraciesAt(growing, 20)).toEqual(accuraciesAt(curve, 20))
    expect(accuraciesAt(growing, 21)).toBeUndefined()
    expect(accuraciesAt(undefined, 0)).toBeUndefined()
  })

  test('a task without corrupted labels shows no line for them', () => {
    const none = { ...curve.trainCorrupted, data: curve.trainCorrupted.data.map(() => NaN) }

    expect(curveLines({ ...curve, trainCorrupted: none, trueLabel: none }).map(({ title }) => title)).toEqual(
      ['test', 'train, clean'],
    )
  })

  test('harmonics are counted over all neurons, commonest first', () => {
    const found = harmonics(neuronsOf())

    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(network.count)
    expect(found.every(({ count }, i) => i === 0 || count <= found[i - 1]!.count)).toBe(true)
    expect(found.find(({ freq }) => freq === 7)!.count).toBeGreaterThanOrEqual(9)
  })
})

/** Changes in quick succession are asked about once they have come to rest. */
const answered = (prune: Prune): Promise<void> =>
  vi.waitFor(async () => {
    await flushPromises()
    expect(prune.pending.value).toBe(false)
  })

describe('pruning', () => {
  test('a drag changes the count at once and leaves one step of history', async () => {
    const prune = await prunePanel()
    const history = useHistory()

    for (let count = 1; count <= 28; count++) prune.drag(count)
    const whileDragging = prune.accuracies.value
    prune.drop()
    await flushPromises()

    expect(whileDragging).toEqual(accuraciesAt(pruneCurve({ ...at, order: 'ipr-ascending' }), 28))
    expect(history.undoLabel).toBe('remove 28 neurons, lowest IPR first')
    await history.undo()
    expect(prune.count.value).toBe(0)
    expect(history.undoLabel).toBeUndefined()
    await history.redo()
    expect(prune.count.value).toBe(28)
  })

  test('a drag that ends where it began leaves no history', async () => {
    const prune = await prunePanel()

    prune.drag(5)
    prune.drag(0)
    prune.drop()
    await flushPromises()

    expect(useHistory().undoLabel).toBeUndefined()
  })

  test('removing the memorizing neurons keeps clean answers and turns corrupted ones to the truth', async () => {
    const prune = await prunePanel()

    prune.drag(network.count - generalizing.length)

    expect(prune.accuracies.value).toEqual({ trainClean: 1, trainCorrupted: 0, test: 1, trueLabel: 1 })
  })

  test('toggling a neuron goes on from what the order has removed', async () => {
    const prune = await prunePanel()
    prune.drag(3)
    prune.drop()
    await answered(prune)
    const removed = [...prune.removed.value]

    prune.toggle(generalizing[0]!)
    await answered(prune)
    expect([prune.setting.value.order, prune.removed.value]).toEqual([
      'hand-picked',
      [...removed, generalizing[0]],
    ])

    prune.toggle(removed[1]!)
    await answered(prune)
    expect(prune.removed.value).toEqual([removed[0], removed[2], generalizing[0]])
    expect(prune.accuracies.value!.test).toBe(
      Math.fround(accuraciesWithout(network, new Set(prune.removed.value)).test),
    )
  })

  test('picking by hand keeps the removed neurons, and another order starts over with its own', async () => {
    const prune = await prunePanel()
    prune.drag(4)
    prune.drop()
    await answered(prune)
    const removed = [...prune.removed.value]

    prune.choose({ order: 'hand-picked' })
    await answered(prune)
    expect(prune.removed.value).toEqual(removed)

    prune.choose({ order: 'ipr-descending' })
    await answered(prune)
    expect(prune.removed.value).toEqual(removedOf(pruneCurve({ ...at, order: 'ipr-descending' }), 4))
  })

  test('settings belong to their run', async () => {
    const prune = await prunePanel()
    prune.drag(9)
    prune.drop()

    useSelection().select({ runId: 'another' })
    await flushPromises()

    expect(prune.count.value).toBe(0)
  })

  test('what is saved is exactly what is removed, and undo takes the run away again', async () => {
    const calls: unknown[] = []
    const answers: Answers = {
      interpret: {
        ...fixtures.full.answers.interpret,
        savePruned: (args) => (calls.push(args), { runId: 'run-2', maskId: 'm' }),
      },
      runs: { remove: (args) => (calls.push(args), {}) },
    }
    let save: ReturnType<typeof useSavePruned> | undefined
    mounted(
      defineComponent(() => ((save = useSavePruned()), () => h('i'))),
      answers,
    )

    await save!.save({ name: 'without 2', removed: [5, 1], how: 'lowest IPR first: 2 of 64 removed' })
    await useHistory().undo()

    expect(calls).toEqual([
      { ...at, removed: [5, 1], name: 'without 2', how: 'lowest IPR first: 2 of 64 removed' },
      { runId: 'run-2' },
    ])
  })
})

describe('a mask of the removed neurons', () => {
  test('is a version of the one it was made from, and undo takes it away again', async () => {
    const calls: unknown[] = []
    const card = { id: 'mask-2', name: 'ticket', version: 2 } as MaskCard
    const answers: Answers = {
      masks: {
        list: () => [],
        pick: (args) => (calls.push(args), card),
        remove: (args) => (calls.push(args), {}),
        restore: (args) => (calls.push(args), card),
      },
    }
    let made: ReturnType<typeof useSaveMask> | undefined
    mounted(
      defineComponent(() => ((made = useSaveMask(() => true)), () => h('i'))),
      answers,
    )

    await made!.save({ name: 'ticket', removed: [5, 1], how: 'picked', madeFrom: 'mask-1' })
    await useHistory().undo()
    await useHistory().redo()

    expect(calls).toEqual([{ ...at, removed: [5, 1], name: 'ticket', how: 'picked', madeFrom: 'mask-1' }, { maskId: 'mask-2' }, { maskId: 'mask-2' }])
  })
})

describe('neurons of a checkpoint', () => {
  test('a bar of the histogram lists exactly its neurons', async () => {
    let neurons: ReturnType<typeof useNeurons> | undefined
    mounted(defineComponent(() => ((neurons = useNeurons()), () => h('i'))))
    await flushPromises()

    neurons!.bin.value = 19

    expect(neurons!.rows.value).toEqual(generalizing)
    expect(neurons!.groups.value.map(({ title, members }) => [title, members.length])).toEqual([
      ['generalizing', 36],
      ['memorizing', 24],
      ['dead', 4],
    ])
  })

  test('other thresholds ask for other roles', async () => {
    let neurons: ReturnType<typeof useNeurons> | undefined
    mounted(defineComponent(() => ((neurons = useNeurons()), () => h('i'))))
    await flushPromises()

    useNeuronsState().thresholds = { ...defaultRoleThresholds, memorizingIpr: 0 }
    await flushPromises()

    expect(neurons!.counts.value).toEqual({ generalizing: 36, memorizing: 0, between: 24, dead: 4 })
  })
})

describe('Neurons.vue', () => {
  const words = (state: keyof typeof fixtures) => {
    const view = mounted(Neurons, fixtures[state].answers)
    useSelection().select({
      runId: undefined,
      step: undefined,
      neuron: undefined,
      ...fixtures[state].selection,
    })
    return flushPromises().then(() => view)
  }

  test('empty says what to select, loading what is computed, error what was observed', async () => {
    expect((await words('empty')).text()).toContain('Select a run in the library to see its neurons.')
    expect((await words('loading')).text()).toContain('Computing neurons by participation ratio')
    expect((await words('error')).text()).toContain('this model is a transformer')
  })

  test('full shows the accuracies of the untouched network and the roles of its neurons', async () => {
    const view = await words('full')
    const { trainClean, trainCorrupted, test: unseen, trueLabel } = accuraciesWithout(network, new Set())

    const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
    expect(view.findAll('.prune-reading dd:not(.prune-reading-change)').map((dd) => dd.text())).toEqual(
      [unseen, trainClean, trainCorrupted, trueLabel].map(percent),
    )
    expect(view.text()).toContain('24 below 0.15 memorize · 36 from 0.5 generalize · 4 dead')
  })

  test('keys on the slider move the accuracies with it', async () => {
    const view = await words('full')

    for (let i = 0; i < 3; i++)
      await view.get('.prune-slide [role=slider]').trigger('keydown', { key: 'PageUp' })

    expect(view.get('.prune-count').text()).toBe('30 of 64')
    expect(view.findAll('.prune-reading')[2]!.attributes('title')).toBe('train, corrupted 0')
  })
})

describe('NeuronInspector.vue', () => {
  test('facts and effects are those of the selected neuron', async () => {
    const view = mounted(NeuronInspector)
    await flushPromises()

    const { effect, sameFreq } = neuronOf(30)
    const titles = Object.fromEntries(
      view.findAll('dt').map((dt) => [dt.text(), (dt.element.nextElementSibling as HTMLElement).title]),
    )
    expect(Number(titles['Train, clean']!.replace('−', '-'))).toBeCloseTo(effect.trainClean, 12)
    expect(view.findAll('.neuron-inspector-same button').map((button) => Number(button.text()))).toEqual(
      sameFreq,
    )
  })

  test('what the panel has removed along its order is shown as removed, and one curve serves both', async () => {
    const asked: unknown[] = []
    const { interpret } = fixtures.full.answers
    const prune = await prunePanel({
      interpret: { ...interpret, prune: (args, ctx) => (asked.push(args), interpret!.prune!(args, ctx)) },
    })
    const first = prune.curve.value!.order.data[0]!
    useSelection().select({ neuron: first })
    const view = mounted(NeuronInspector)
    await flushPromises()

    prune.drag(1)
    await flushPromises()

    expect(view.get('.neuron-inspector-title').text()).toBe(`Neuron ${first} removed`)
    expect(asked).toHaveLength(1)
  })

  test('ablating removes the neuron, restoring brings it back', async () => {
    const view = mounted(NeuronInspector)
    await flushPromises()
    const toggle = () => view.findAll('.neuron-inspector-actions button')[0]!

    await toggle().trigger('click')
    await flushPromises()
    expect(toggle().text()).toBe('Restore')
    expect(useNeuronsState().prune(at.runId).picked).toEqual([30])

    await toggle().trigger('click')
    await flushPromises()
    expect(useNeuronsState().prune(at.runId).picked).toEqual([])
  })

  test('the palette ablates the selected neuron, and says why it cannot without one', async () => {
    mounted(NeuronInspector)
    await flushPromises()
    const commands = useCommands()

    await commands.run('neurons.toggle')
    await flushPromises()
    expect(useNeuronsState().prune(at.runId).picked).toEqual([30])
    expect(commands.find('neurons.toggle')!.title).toBe('Restore the selected neuron')

    useSelection().select({ neuron: undefined })
    expect(commands.find('neurons.toggle')!.unavailable!()).toBe('no neuron is selected')
  })

  test('keeping one frequency removes all others and nothing of its own', async () => {
    const view = mounted(NeuronInspector)
    await flushPromises()

    await view.findAll('.neuron-inspector-actions button')[1]!.trigger('click')
    await flushPromises()

    const setting = useNeuronsState().prune(at.runId)
    const removed = removedOf(pruneCurve({ ...at, order: 'frequency', freq: setting.freq! }), setting.count)
    const all = neuronsOf().freq.data
    expect(setting.freq).toBe(2)
    expect(new Set(removed)).toEqual(new Set([...all.keys()].filter((i) => all[i] !== 2)))
  })

  test('a dead neuron cannot be kept by frequency and says why', async () => {
    useSelection().select({ neuron: 24 })
    const view = mounted(NeuronInspector)
    await flushPromises()

    expect(view.findAll('.neuron-inspector-actions button')[1]!.attributes('title')).toBe(
      'a dead neuron has no frequency',
    )
  })

  test('a neuron of the same frequency is selected with a click', async () => {
    const view = mounted(NeuronInspector)
    await flushPromises()

    await view.findAll('.neuron-inspector-same button').at(-1)!.trigger('click')

    expect(useSelection().neuron).toBe(neuronOf(30).sameFreq.at(-1))
  })
})
