import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Component } from 'vue'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import CircuitGraph from '@renderer/charts/CircuitGraph.vue'
import { edgeTones } from '@renderer/charts/circuit-graph'
import LineChart from '@renderer/charts/LineChart.vue'
import Circuits from '@renderer/views/circuits/Circuits.vue'
import CircuitsInspector from '@renderer/views/circuits/CircuitsInspector.vue'
import { nodesTouched, overlapOf } from '@renderer/views/circuits/circuit-comparison'
import { expandToggled, grouped, hideToggled, noEdits, pinToggled, ungrouped } from '@renderer/views/circuits/circuit-edits'
import { circuitRecord } from '@renderer/views/circuits/circuit-file'
import { useCircuitsState } from '@renderer/views/circuits/circuits-state'
import { countAt, drawnCircuit, keptEdges, namesOf, rankingOf, rowsOf } from '@renderer/views/circuits/drawn-circuit'
import fixtures, { at, effects, faithfulnessOf, graph, names, numberOf, scores } from '@renderer/views/circuits/fixtures'
import { useHistory } from '@renderer/workbench/history'
import { useSelection } from '@renderer/workbench/selection'

async function mounted(component: Component = Circuits, answers: Answers = fixtures.full.answers) {
  const wrapper = mount(component, {
    attachTo: document.body,
    global: { plugins: [{ install: (app) => provideClient(app, createFixtureClient(answers)) }] },
  })
  for (let i = 0; i < 6; i++) await flushPromises()
  return wrapper
}
const shown = (view: Awaited<ReturnType<typeof mounted>>) => view.getComponent(CircuitGraph)

beforeEach(() => {
  setActivePinia(createPinia())
  useSelection().select(at)
})
afterEach(() => (document.body.innerHTML = ''))

describe('what is kept', () => {
  const known = namesOf(graph)
  const ranking = rankingOf(effects)

  test('is the largest by size, the lower number first among equals, and nothing that is not known', () => {
    expect([...rankingOf([0.1, -3, NaN, 3, 2])]).toEqual([1, 3, 4, 0])
    expect(countAt({ kind: 'count', count: 99 }, ranking, effects)).toBe(46)
    expect(countAt({ kind: 'size', least: 2.4 }, ranking, effects)).toBe(4)
    expect(countAt({ kind: 'size', least: 5 }, ranking, effects)).toBe(0)
  })

  test('has pinned edges whatever their size and hidden ones never; an edge is one or the other', () => {
    const [small, large] = ['a0.1->m0', 'a1.1->logits']
    const edits = hideToggled(pinToggled(noEdits, small), large)
    const kept = keptEdges(ranking, 5, { names: known, edits })

    expect(kept.map((edge) => names[edge])).toContain(small)
    expect(kept.map((edge) => names[edge])).not.toContain(large)
    expect(kept).toHaveLength(5)
    expect(pinToggled(edits, large)).toMatchObject({ pinned: [small, large], hidden: [] })
    expect(pinToggled(edits, small).pinned).toEqual([])
  })
})

describe('the drawing', () => {
  const known = namesOf(graph)
  const edges = ['input->a0.0<v>', 'a0.0->a1.1<k>', 'input->a1.1<q>', 'input->a1.1<v>', 'a1.1->logits'].map(numberOf)
  const draw = (edits = noEdits, compared?: Parameters<typeof drawnCircuit>[1]['compared']) =>
    drawnCircuit(graph, { scores: effects, edges, names: known, edits, compared })

  test('has a row for the heads and one for the MLP of each layer, between input and logits', () => {
    const { rows, rowOf } = rowsOf(graph)

    expect(rows).toEqual(['input', '0 heads', '0 MLP', '1 heads', '1 MLP', 'logits'])
    expect(graph.nodes.map(({ name }, i) => [name, rowOf[i]])).toEqual([
      ['input', 0], ['a0.0', 1], ['a0.1', 1], ['m0', 2], ['a1.0', 3], ['a1.1', 3], ['m1', 4], ['logits', 5],
    ])
  })

  test('puts a perceptron’s inputs, neurons and outputs side by side, a layer a row', () => {
    const node = (name: string, kind: 'input' | 'neuron' | 'output', layer: number, neuron: number) => ({ name, kind, layer, neuron })
    const nodes = [node('x0', 'input', -1, 0), node('x1', 'input', -1, 1), node('h0.0', 'neuron', 0, 0), node('y0', 'output', 1, 0)]
    const numbers = (...data: number[]) => ({ axes: ['edge'], shape: [3], data: Int32Array.from(data) })
    const letter = { axes: ['edge'], shape: [3], data: new Uint8Array(3) }
    const perceptron = { nodes, layers: 1, heads: 0, edgeCount: 3, from: numbers(0, 1, 2), to: numbers(2, 2, 3), letter }

    const drawn = drawnCircuit(perceptron, { scores: [1, -1, 2], edges: [0, 1, 2], names: namesOf(perceptron), edits: noEdits })

    expect(rowsOf(perceptron)).toEqual({ rows: ['inputs', '0 neurons', 'outputs'], rowOf: [0, 0, 1, 2] })
    expect(drawn.nodes.map(({ x }) => x)).toEqual([0.25, 0.75, 0.5, 0.5])
    expect(drawn.edges).toHaveLength(3)
  })

  test('joins edges into one head to a line with the largest effect; taken apart, each has its own port', () => {
    const whole = draw()
    const joined = whole.edges.find(({ id }) => id === numberOf('input->a1.1<v>'))!

    expect(whole.edges).toHaveLength(4)
    expect(joined).toMatchObject({ value: -2.4, port: -1, name: 'input->a1.1<v> and 1 more' })
    expect(whole.members.get(joined.id)!.map((edge) => names[edge])).toEqual(['input->a1.1<v>', 'input->a1.1<q>'])
    expect(whole.nodes.filter(({ isUsed }) => isUsed).map(({ id }) => id)).toEqual(['input', 'a0.0', 'a1.1', 'logits'])

    const apart = draw(expandToggled(noEdits, 'a1.1'))
    expect(apart.edges.map(({ name, port }) => [name, port]).sort()).toEqual([
      ['a0.0->a1.1<k>', 1], ['a1.1->logits', -1], ['input->a0.0<v>', -1], ['input->a1.1<q>', 0], ['input->a1.1<v>', 2],
    ])
  })

  test('draws a group as one node, without the edges inside it, and takes it apart again', () => {
    const edits = grouped(noEdits, ['a0.0', 'a1.1'], 'induction')
    const { nodes, edges: lines } = draw(edits)

    expect(nodes.find(({ isGroup }) => isGroup)).toMatchObject({ id: 'induction', label: 'induction', isUsed: true })
    expect(lines.map(({ from, to }) => [nodes[from]!.id, nodes[to]!.id])).toEqual([['induction', 'logits'], ['input', 'induction']])
    expect(ungrouped(edits, 'induction')).toEqual(noEdits)
  })

  test('beside another circuit tells what is in both, here alone and there alone, with the other’s score for the last', () => {
    const other = new Map([['input->a0.0<v>', -3], ['m0->logits', 0.7]])
    const { edges: lines } = draw(noEdits, { id: 'kept 1', title: 'other', scores: other, faithfulness: 0.5 })
    const toned = (tone: string) => lines.filter((line) => line.tone === tone).map(({ name, value }) => [name.split(' ')[0], value])

    expect(toned('both')).toEqual([['input->a0.0<v>', -3.2]])
    expect(toned('lost')).toEqual([['m0->logits', 0.7]])
    expect(toned('gained')).toHaveLength(3)
  })

  test('overlap counts what is shared over what there is', () => {
    expect(overlapOf(['a', 'b', 'c'], ['b', 'c', 'd'])).toEqual({ both: ['b', 'c'], gained: ['a'], lost: ['d'], jaccard: 0.5 })
    expect(overlapOf([], []).jaccard).toBe(1)
    expect([...nodesTouched(['input->a0.0<v>', 'a0.0->logits'])]).toEqual(['input', 'a0.0', 'logits'])
  })
})

describe('Circuits.vue', () => {
  test('draws the largest edges of the exact scores, and says how faithful they are alone', async () => {
    const view = await mounted()
    const { edges } = shown(view).props()

    expect(edges.map(({ name }: { name: string }) => name)).toContain('a1.1->logits')
    const kept = [...rankingOf(effects).subarray(0, 9)]
    expect(view.get('.circuit-cut').text()).toContain('9 of 46 edges')
    expect(view.get('.circuit-cut').text()).toContain(`faithfulness ${faithfulnessOf(kept).toFixed(3)}`)
    expect(view.text()).toContain('CMD 0.07, CPR 0.93')
    expect(view.text()).toContain('46 edges in 12 ms')
  })

  test('scores that are still coming are drawn as partial and without a curve', async () => {
    const answers: Answers = {
      ...fixtures.full.answers,
      circuits: { ...fixtures.full.answers.circuits, score: async (_args, { emit }) => (await emit(scores(10)), new Promise(() => undefined)) },
    }
    const view = await mounted(Circuits, answers)

    expect(view.text()).toContain('partial: 10 of 46 scored')
    expect(view.findComponent(LineChart).exists()).toBe(false)
    expect(view.get('.circuit-cut').text()).toContain('faithfulness –')
  })

  test('an exact scoring that takes long waits to be asked for, and an estimate is drawn meanwhile', async () => {
    const answers: Answers = {
      ...fixtures.full.answers,
      circuits: { ...fixtures.full.answers.circuits, estimate: () => ({ totalMs: 90_000, spentMs: 250, isWhole: false }) },
    }
    const view = await mounted(Circuits, answers)

    expect(view.get('.circuits-graph').text()).toContain('EAP')
    useCircuitsState().methodId = 'exact-edges'
    await flushPromises()
    expect(view.get('.circuit-terms').text()).toContain('Exact takes about 1 min 30 s')
    await view.findAll('.circuit-terms button').find((one) => one.text() === 'Score')!.trigger('click')
    for (let i = 0; i < 6; i++) await flushPromises()
    expect(view.get('.circuit-terms').text()).toContain('46 edges in')
    expect(view.get('.circuits-graph').text()).toContain('Exact edge patching')
  })

  test('the slider moves the circuit and the curve’s marker, the marker the circuit, and undo takes one change back', async () => {
    const view = await mounted()
    const marker = () => view.getComponent(LineChart).props('marker')

    expect(marker()).toBe(9)
    view.getComponent(LineChart).vm.$emit('update:marker', 3)
    view.getComponent(LineChart).vm.$emit('update:marker', 2)
    view.getComponent(LineChart).vm.$emit('markerCommit', 2)
    for (let i = 0; i < 4; i++) await flushPromises()
    expect(view.get('.circuit-cut').text()).toContain('2 of 46 edges')
    expect(shown(view).props('edges')).toHaveLength(2)
    await useHistory().undo()
    await flushPromises()
    expect([marker(), useHistory().undoLabel]).toEqual([9, undefined])
  })

  test('pinning, hiding, grouping and taking apart are changes that undo takes back', async () => {
    const view = await mounted()
    const state = useCircuitsState()
    const press = (name: string) => view.get(`.circuits-graph [aria-label="${name}"]`).trigger('click')
    state.edge = numberOf('a1.1->logits')
    await flushPromises()
    await press('Hide the edge')
    await flushPromises()
    expect(view.get('.circuit-cut').text()).toContain('8 of 46 edges')

    shown(view).vm.$emit('node', 'a0.0', false)
    shown(view).vm.$emit('node', 'a1.1', true)
    await flushPromises()
    expect(useSelection().site).toBe('blocks.1.attn.hook_z[head=1]')
    await press('Group the nodes')
    await flushPromises()
    expect(shown(view).props('nodes').map(({ id }: { id: string }) => id)).toContain('group 1')
    await press('Take the node apart')
    await flushPromises()
    expect(shown(view).props('nodes').map(({ id }: { id: string }) => id)).not.toContain('group 1')
    for (let i = 0; i < 3; i++) await useHistory().undo()
    await flushPromises()
    expect(state.editsOf('run-1')).toEqual(noEdits)
    expect(view.get('.circuit-cut').text()).toContain('9 of 46 edges')
  })

  test('a circuit set aside is laid under the next one', async () => {
    const view = await mounted()
    const state = useCircuitsState()
    state.keep({ id: 'kept 1', title: 'before', scores: new Map([['a1.1->logits', -4], ['m1->logits', 0.3]]), faithfulness: 0.8 })
    await flushPromises()
    const tones = new Set(shown(view).props('edges').map(({ tone }: { tone?: string }) => tone))

    expect([...tones].sort()).toEqual([...edgeTones].sort())
    expect(view.get('.circuits-graph').text()).toContain('against before')
  })

  test('a circuit is checked when asked for, shaded by stability, and no longer believed when it changes', async () => {
    const view = await mounted()
    const open = (name: string) => view.findAll('[role=tab]').find((tab) => tab.text().startsWith(name))!.trigger('mousedown')
    await open('Checks')
    await flushPromises()
    await view.findAll('button').find((one) => one.text() === 'Check this circuit')!.trigger('click')
    for (let i = 0; i < 12; i++) await flushPromises()

    expect(view.text()).toContain(`Faithfulness alone${faithfulnessOf([...rankingOf(effects).subarray(0, 9)]).toFixed(3)}`)
    expect(view.text()).toContain('Needless edges3 of 9')
    expect(view.text()).toContain('… as a share0.25')
    expect(view.text()).toContain('Stability (Jaccard)0.900, 0.8 to 1')
    useCircuitsState().cut = { kind: 'count', count: 4 }
    for (let i = 0; i < 4; i++) await flushPromises()
    expect(view.text()).toContain('Not checked yet')
  })

  test('methods are held against the exact effects one after another', async () => {
    const view = await mounted()
    await view.findAll('[role=tab]').find((tab) => tab.text().startsWith('Methods'))!.trigger('mousedown')
    await flushPromises()
    await view.findAll('button').find((one) => one.text() === 'Score all methods')!.trigger('click')
    for (let i = 0; i < 12; i++) await flushPromises()

    expect(view.text()).toContain('rank correlation 0.97, 9 of the 9 largest shared')
  })
})

describe('CircuitsInspector.vue', () => {
  test('shows the effect of the selected edge pair by pair and the attention of its head', async () => {
    await mounted()
    useCircuitsState().edge = numberOf('a0.0->a1.1<k>')
    const inspector = await mounted(CircuitsInspector)

    expect(inspector.get('h3').text()).toBe('a0.0->a1.1<k>')
    expect(inspector.text()).toContain('−2.9')
    expect(inspector.text()).toContain('keys')
    expect(inspector.text()).toContain('Attention of head 1.1, clean, mean over pairs')
    await inspector.findAll('button').find((one) => one.text() === 'Pin')!.trigger('click')
    await flushPromises()
    expect(useCircuitsState().editsOf('run-1').pinned).toEqual(['a0.0->a1.1<k>'])
    expect(useHistory().undoLabel).toBe('pin a0.0->a1.1<k>')
  })
})

test('an exported circuit names its edges, what was done to it and how the scores came about', () => {
  const edits = grouped(pinToggled(noEdits, 'a0.1->m0'), ['a0.0', 'a1.1'], 'induction')
  const edges = [numberOf('a0.0->a1.1<k>'), numberOf('a1.1->logits')]
  const record = circuitRecord({ title: 't', run: 'r', step: 4, graph, scores: scores(), edges, edits, threshold: Infinity, faithfulness: 0.9 })

  expect(record.edges).toEqual([
    { from: 'a0.0', to: 'a1.1', letter: 'k', score: -2.9 },
    { from: 'a1.1', to: 'logits', score: -4.1 },
  ])
  expect(record.annotations).toMatchObject({ pinned: ['a0.1->m0'], groups: [{ title: 'induction', nodes: ['a0.0', 'a1.1'] }] })
  expect(JSON.parse(JSON.stringify(record))).toEqual(record)
  expect(record.how.spec).toMatchObject({ ablation: 'resample', pairSeed: 0 })
})
