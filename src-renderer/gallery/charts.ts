/** Every chart in its states, from closed forms. */
import { h, reactive } from 'vue'
import AttentionGrid from '../charts/AttentionGrid.vue'
import AttentionPattern from '../charts/AttentionPattern.vue'
import BarChart from '../charts/BarChart.vue'
import ChartFrame from '../charts/ChartFrame.vue'
import ChartLegend from '../charts/ChartLegend.vue'
import CircuitGraph from '../charts/CircuitGraph.vue'
import type { GraphEdge, GraphNode } from '../charts/circuit-graph'
import ColourBar from '../charts/ColourBar.vue'
import DragZoom from '../charts/DragZoom.vue'
import EChart from '../charts/EChart.vue'
import Heatmap from '../charts/Heatmap.vue'
import { layoutOf } from '../charts/heatmap'
import HeatmapAxes from '../charts/HeatmapAxes.vue'
import HeatmapNumbers from '../charts/HeatmapNumbers.vue'
import Histogram from '../charts/Histogram.vue'
import { countBins } from '../charts/histogram'
import HowComputed from '../charts/HowComputed.vue'
import IntervalBars from '../charts/IntervalBars.vue'
import LineChart from '../charts/LineChart.vue'
import MarkerHandle from '../charts/MarkerHandle.vue'
import LensTable from '../charts/LensTable.vue'
import Scatter from '../charts/Scatter.vue'
import SignedBars from '../charts/SignedBars.vue'
import { linearScale } from '../base/scales'
import type { GalleryEntry } from './entry'

const held = reactive({
  head: 5 as number | undefined,
  edge: 4 as number | undefined,
  marker: 310,
  bin: undefined as number | undefined,
  cell: [12, 30] as readonly [number, number] | undefined,
})

const how = {
  definition: 'Accuracies after removing the first k neurons of the order, each subtracted exactly.',
  source: 'arXiv:2310.13061 §4',
  spec: {
    metric: 'accuracy',
    ablation: 'zero',
    dataset: 'all 9,409 pairs',
    seed: 1,
    checkpoint: '9f1c62d07be4',
  },
  backend: 'native AVX-512, 2 threads',
  elapsedMs: 41.2,
}
const count = 501
const x = Float64Array.from({ length: count }, (_, i) => i)
const logistic = (middle: number, width: number) => (at: number) => 1 / (1 + Math.exp((middle - at) / width))
const curve = (value: (at: number) => number): Float64Array => x.map(value)
const fall = logistic(440, 14)
const pruning = [
  {
    title: 'test',
    colour: 'test',
    x,
    y: curve((n) => (0.984 + 0.015 * logistic(150, 40)(n)) * (1 - fall(n))),
  },
  { title: 'train, clean', colour: 'clean', x, y: curve((n) => 1 - fall(n)) },
  { title: 'train, corrupted', colour: 'corrupted', x, y: curve((n) => 0.94 * (1 - logistic(170, 38)(n))) },
  {
    title: 'corrupted, predicted as true label',
    colour: 'true-label',
    dash: 'dashed',
    x,
    y: curve((n) => (0.07 + 0.93 * logistic(190, 36)(n)) * (1 - fall(n))),
  },
] as const
const steps = Float64Array.from({ length: 400 }, (_, i) => 1.02 ** i)
const losses = [
  { title: 'train loss', colour: 'train', x: steps, y: steps.map((step) => 1 / (1 + step)) },
  {
    title: 'test loss',
    colour: 'test',
    x: steps,
    y: steps.map((step) => (step > 300 ? 1 / (1 + (step - 300) / 9) : 1 + step / 900)),
  },
] as const
const bands = [
  { title: 'memorization', from: 1, to: 60, colour: 'corrupted' },
  { title: 'circuit formation', from: 60, to: 300, colour: 'accent' },
  { title: 'cleanup', from: 300, to: 2700, colour: 'clean' },
] as const

const random = (seed: number) => () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
const draw = random(7)
const iprs = Array.from({ length: 500 }, (_, i) =>
  i < 349 ? 0.03 + 0.1 * draw() : i < 373 ? 0.15 + 0.35 * draw() : 0.72 + 0.15 * draw(),
)
const groups = [
  { title: 'generalizing', colour: 'clean', members: iprs.flatMap((v, i) => (v >= 0.5 ? [i] : [])) },
  { title: 'memorizing', colour: 'corrupted', members: iprs.flatMap((v, i) => (v < 0.15 ? [i] : [])) },
  { title: 'between', colour: 'random', members: iprs.flatMap((v, i) => (v >= 0.15 && v < 0.5 ? [i] : [])) },
] as const
const histogram = groups.map((group) => ({
  ...group,
  counts: countBins(
    group.members.map((i) => iprs[i]!),
    [0, 1],
    20,
  ),
}))
const norms = Float64Array.from(iprs, (value) => 0.6 + value + 0.2 * draw())
const many = {
  xs: Float64Array.from({ length: 20_000 }, () => draw() + draw()),
  ys: Float64Array.from({ length: 20_000 }, () => draw() * draw()),
}

const p = 97
const angle = (value: number, phase: number): number => Math.cos((2 * Math.PI * 31 * value) / p + phase)
const cells = (value: (a: number, b: number) => number) => ({
  axes: ['a', 'b'],
  shape: [p, p],
  data: Float64Array.from({ length: p * p }, (_, i) => value(Math.floor(i / p), i % p)),
})
const activation = cells((a, b) => (angle(a, 0.21) + angle(b, -1.07)) ** 2)
const signed = {
  axes: ['query_pos', 'key_pos'],
  shape: [6, 9],
  data: Float64Array.from({ length: 54 }, (_, i) => Math.sin(i / 3) - 0.3),
}
const area = {
  left: 40,
  top: 10,
  width: 240,
  height: 80,
  x: linearScale([0, 10], [40, 280]),
  range: [0, 10],
} as const
const failure = {
  code: 'MODEL_UNSUITABLE',
  message: 'the analysis needs one hidden layer; this model is a transformer',
}

const spectrum = {
  label: 'Spectrum of neuron 217',
  categories: Array.from({ length: 49 }, (_, i) => String(i)),
  series: (['run-1', 'run-2', 'run-3'] as const).map((colour, i) => ({
    title: ['a', 'b', 'output'][i]!,
    colour,
    values: Float64Array.from({ length: 49 }, (_, f) => (f === 31 ? 0.93 + 0.05 * draw() : 0.03 * draw())),
  })),
  x: { title: 'frequency' },
  y: { title: 'normalized magnitude', min: 0, max: 1 },
}
const pruneChart = () =>
  h(LineChart, {
    label: 'Accuracy while neurons are removed',
    series: pruning,
    x: { title: 'neurons removed', min: 0, max: 500 },
    y: { title: 'accuracy', format: 'accuracy', min: 0, max: 1 },
    marker: held.marker,
    'onUpdate:marker': (value: number | undefined) => (held.marker = value ?? 0),
  })

const words = [' When', ' Mary', ' and', ' John', ' went', ' to', ' the', ' store', ',', ' John', ' gave', ' a', ' drink', ' to']
/** Heads that look a fixed distance back, causal. */
const distances = (length: number, heads: number) => ({
  axes: ['layer', 'head', 'query_pos', 'key_pos'],
  shape: [2, heads / 2, length, length],
  data: Float32Array.from({ length: heads * length * length }, (_, i) => {
    const [head, query, key] = [Math.floor(i / length ** 2), Math.floor(i / length) % length, i % length]
    return key > query ? 0 : Math.exp(-Math.abs(query - key - head))
  }),
})
const one = (length: number) => ({
  ...distances(length, 2),
  axes: ['query_pos', 'key_pos'],
  shape: [length, length],
  data: distances(length, 2).data.subarray(length ** 2),
})
const attention = { title: 'attention', min: 0, max: 1 }
const lensRows = ['embed', '0 mid', '0 post', '1 mid', '1 post']
const lensValue = {
  axes: ['point', 'pos'],
  shape: [lensRows.length, words.length],
  data: Float32Array.from({ length: lensRows.length * words.length }, (_, i) => (i % 7) / 7),
}
const parts = [
  { id: 'hook_embed', title: 'Embedding', value: 0.4 },
  { id: 'blocks.0.attn', title: 'Attention 0', value: -1.3 },
  { id: 'blocks.0.mlp', title: 'MLP 0', value: 3.9 },
  { id: 'total', title: 'Logit', value: 3, isTotal: true },
]

/** A circuit of layers of heads: `edgeCount` edges of falling size, every third raising the metric. */
function circuitOf(layers: number, heads: number, edgeCount: number) {
  const node = (id: string, row: number, x: number): GraphNode => ({ id, label: id, row, x, isUsed: true })
  const inLayers = Array.from({ length: layers * heads }, (_, i) => {
    const [layer, head] = [Math.floor(i / heads), i % heads]
    return { ...node(`${layer}.${head}`, layer + 1, (head + 0.5) / heads), ...(i === 1 && { ports: ['q', 'k', 'v'] }) }
  })
  const nodes = [node('input', 0, 0.5), ...inLayers, node('logits', layers + 1, 0.5)]
  const pairs = nodes.flatMap((from, i) => nodes.flatMap((to, j) => (to.row > from.row ? [[i, j] as const] : [])))
  const edges = pairs.slice(0, edgeCount).map(([from, to], i): GraphEdge => {
    const value = (i % 3 === 2 ? 1 : -1) / (1 + i)
    return { id: i, from, to, port: to === 2 ? i % 3 : -1, value, name: `${nodes[from]!.id}->${nodes[to]!.id}` }
  })
  const rows = ['input', ...Array.from({ length: layers }, (_, layer) => `${layer} heads`), 'logits']
  return { label: 'A circuit', nodes, edges, rows, value: { title: 'effect when ablated' }, chosen: [] }
}

export const chartEntries: readonly GalleryEntry[] = [
  {
    name: 'AttentionGrid',
    height: 260,
    states: {
      'eight heads': () =>
        h(AttentionGrid, {
          label: 'Attention of all heads',
          patterns: distances(14, 8),
          value: attention,
          scores: [0.1, 0.95, 0.02, 0, 0.4, 0.3, NaN, 0.7],
          score: { title: 'induction', min: 0, max: 1 },
          selected: held.head,
          'onUpdate:selected': (head: number | undefined) => (held.head = head),
        }),
      'by score': () =>
        h(AttentionGrid, { label: 'Attention', patterns: distances(14, 8), value: attention, order: [1, 7, 4, 5, 0, 2, 3, 6] }),
    },
  },
  {
    name: 'AttentionPattern',
    height: 380,
    states: {
      'with words': () => h(AttentionPattern, { label: 'Attention of head 0.1', matrix: one(14), tokens: words, value: attention }),
      '512 positions': () => h(AttentionPattern, { label: 'Attention', matrix: one(512), value: attention }),
    },
  },
  {
    name: 'LensTable',
    height: 200,
    states: {
      plain: () =>
        h(LensTable, {
          label: 'Likeliest tokens',
          rows: lensRows,
          columns: words,
          texts: lensRows.flatMap(() => words),
          matrix: lensValue,
          value: { title: 'probability', min: 0, max: 1 },
          marked: Uint8Array.from({ length: lensValue.data.length }, (_, i) => Number(i % 9 === 0)),
          details: (row: number, column: number) => [`${lensRows[row]} at ${words[column]}`],
        }),
    },
  },
  {
    name: 'SignedBars',
    height: 140,
    states: {
      parts: () =>
        h(SignedBars, { label: 'Parts of the logit', bars: parts, y: { title: 'component' }, value: { title: 'logit' } }),
    },
  },
  {
    name: 'ChartFrame',
    height: 300,
    states: {
      full: () =>
        h(
          ChartFrame,
          {
            title: 'Accuracy while neurons are removed, lowest IPR first',
            subtitle: '310 of 500',
            how,
            hasData: true,
          },
          { default: pruneChart, foot: () => 'a foot' },
        ),
      pending: () => h(ChartFrame, { title: 'Spectrum of neuron 217', hasData: false, pending: true }),
      empty: () =>
        h(ChartFrame, {
          title: 'Spectrum of the selected neuron',
          hasData: false,
          empty: { title: 'No neuron selected', text: 'Select a row of the table.' },
        }),
      error: () => h(ChartFrame, { title: 'Spectrum of neuron 217', hasData: false, error: failure }),
    },
  },
  {
    name: 'LineChart',
    height: 260,
    states: {
      'with a marker': pruneChart,
      'log axes and bands': () =>
        h(LineChart, {
          label: 'Loss',
          series: losses,
          bands,
          x: { title: 'step', scale: 'log' },
          y: { title: 'loss', unit: 'nats', scale: 'log' },
        }),
      'bands over seeds': () =>
        h(LineChart, {
          label: 'Test accuracy',
          series: [150, 320].map((middle, i) => ({
            title: i === 0 ? 'ticket' : 'dense',
            colour: i === 0 ? ('run-2' as const) : ('run-1' as const),
            x,
            y: curve(logistic(middle, 30)),
            low: curve(logistic(middle + 40, 34)),
            high: curve(logistic(middle - 40, 34)),
          })),
          x: { title: 'step' },
          y: { title: 'accuracy', format: 'accuracy', min: 0, max: 1 },
        }),
      empty: () => h(LineChart, { label: 'Loss', series: [], x: { title: 'step' }, y: { title: 'loss' } }),
    },
  },
  {
    name: 'Histogram',
    height: 260,
    states: {
      roles: () =>
        h(Histogram, {
          label: 'Neurons by IPR',
          range: [0, 1],
          groups: histogram,
          x: { title: 'inverse participation ratio' },
          y: { title: 'neurons' },
          selected: held.bin,
          'onUpdate:selected': (bin: number | undefined) => (held.bin = bin),
        }),
    },
  },
  {
    name: 'IntervalBars',
    height: 140,
    states: {
      'on a log axis, one without': () =>
        h(IntervalBars, {
          label: 'Steps to generalize over steps to memorize',
          y: { title: 'arm' },
          value: { title: 'τ', scale: 'log', min: 1 },
          selected: 'ticket',
          bars: [
            { id: 'dense', title: 'Dense', value: 157, low: 120, high: 205, colour: 'run-1', note: '3 of 3' },
            { id: 'ticket', title: 'Ticket, 60 %', value: 5.5, low: 3.1, high: 9.7, colour: 'run-2', note: '3 of 3' },
            { id: 'random', title: 'Random, 60 %', colour: 'run-3', note: 'never, in 3 seeds' },
          ],
        }),
    },
  },
  { name: 'BarChart', height: 260, states: { spectrum: () => h(BarChart, spectrum) } },
  {
    name: 'Heatmap',
    height: 320,
    states: {
      '97 by 97': () =>
        h(Heatmap, {
          label: 'Activation of neuron 217',
          matrix: activation,
          x: { title: 'a' },
          y: { title: 'b' },
          value: { title: 'activation' },
          selected: held.cell,
          'onUpdate:selected': (cell: readonly [number, number] | undefined) => (held.cell = cell),
        }),
      'signed, rows down': () =>
        h(Heatmap, {
          label: 'Effect',
          matrix: signed,
          x: { title: 'key_pos' },
          y: { title: 'query_pos' },
          value: { title: 'effect' },
          orientation: 'rows',
          isSigned: true,
        }),
    },
  },
  {
    name: 'Scatter',
    height: 260,
    states: {
      groups: () =>
        h(Scatter, {
          label: 'IPR against norm',
          xs: norms,
          ys: iprs,
          groups,
          x: { title: 'norm' },
          y: { title: 'inverse participation ratio', min: 0, max: 1 },
          noun: 'neuron',
          selected: 217,
        }),
      'twenty thousand points': () =>
        h(Scatter, {
          label: 'Many',
          ...many,
          groups: [{ title: 'all', colour: 'train', members: Array.from({ length: 20_000 }, (_, i) => i) }],
          x: { title: 'x' },
          y: { title: 'y' },
          noun: 'point',
        }),
    },
  },
  {
    name: 'ChartLegend',
    states: {
      lines: () => h(ChartLegend, { items: pruning }),
      squares: () => h(ChartLegend, { items: groups, mark: 'square' }),
    },
  },
  {
    name: 'CircuitGraph',
    height: 320,
    states: {
      'two layers, one head taken apart': () =>
        h(CircuitGraph, { ...circuitOf(2, 3, 16), selected: held.edge, 'onUpdate:selected': (edge: number | undefined) => (held.edge = edge) }),
      'beside another': () => {
        const one = circuitOf(2, 3, 16)
        return h(CircuitGraph, { ...one, edges: one.edges.map((edge, i) => ({ ...edge, tone: (['both', 'gained', 'lost'] as const)[i % 3]! })) })
      },
      '2,000 edges': () => h(CircuitGraph, circuitOf(12, 12, 2000)),
    },
  },
  {
    name: 'ColourBar',
    height: 120,
    states: {
      sequential: () => h(ColourBar, { range: [0, 4], value: { title: 'activation' } }),
      diverging: () => h(ColourBar, { range: [-1.3, 1.3], value: { title: 'effect' }, isSigned: true }),
    },
  },
  {
    name: 'HeatmapAxes',
    height: 140,
    states: {
      plain: () => {
        const axes = { x: { title: 'key_pos' }, y: { title: 'query_pos' } }
        const layout = layoutOf({ matrix: signed, ...axes, value: { title: 'effect' }, orientation: 'rows' })
        const box = { left: 52, top: 8, width: 108, height: 72, cell: 12 }
        return h('div', { class: 'gallery-area' }, h(HeatmapAxes, { layout, box, ...axes }))
      },
    },
  },
  {
    name: 'HeatmapNumbers',
    height: 300,
    states: {
      'with marked cells': () =>
        h(Heatmap, {
          label: 'Effect',
          matrix: signed,
          x: { title: 'head' },
          y: { title: 'layer' },
          value: { title: 'effect' },
          orientation: 'rows',
          isSigned: true,
          hasNumbers: true,
          marked: [
            [2, 1],
            [5, 3],
          ],
        }),
      'without room': () =>
        h('div', { class: 'gallery-area' }, h(HeatmapNumbers, {
          box: { left: 0, top: 0, width: 108, height: 72, cell: 12 },
          map: { matrix: signed, x: { title: 'head' }, y: { title: 'layer' }, value: { title: 'effect' }, orientation: 'rows' },
        })),
    },
  },
  { name: 'HowComputed', states: { plain: () => h(HowComputed, { how }) } },
  {
    name: 'MarkerHandle',
    height: 100,
    states: {
      plain: () =>
        h(
          'div',
          { class: 'gallery-area' },
          h(MarkerHandle, { area, label: 'Position', step: 1, modelValue: 4 }),
        ),
    },
  },
  {
    name: 'DragZoom',
    height: 100,
    states: { plain: () => h('div', { class: 'gallery-area' }, h(DragZoom, { area })) },
  },
  { name: 'EChart', height: 100, states: { empty: () => h(EChart, { label: 'Nothing', option: {} }) } },
]
