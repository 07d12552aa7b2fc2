/** A small report with a figure, a note, a run and verdicts, and the real chart library to draw it with. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as echarts from 'echarts'
import type { Drawing, ReportDocument, ReportFigure, ReportRun } from '@main/lab/reports/report'

export const drawing: Drawing = {
  library: readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.min.js'), 'utf8'),
  draw(option, { width, height }) {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
    chart.setOption(option)
    const svg = chart.renderToSVGString()
    chart.dispose()
    return svg
  },
}

/** Accuracies against removed neurons, as the pruning panel draws them. */
export function pruneOption(): Record<string, unknown> {
  const falling = Array.from({ length: 51 }, (_, k) => [10 * k, 1 / (1 + Math.exp((10 * k - 250) / 30))])
  const rising = Array.from({ length: 51 }, (_, k) => [10 * k, 0.984 + 0.015 / (1 + Math.exp((200 - 10 * k) / 30))])
  return {
    color: ['#0b6e4f', '#c4551d'],
    legend: { top: 0 },
    grid: { left: 56, right: 24, top: 36, bottom: 44 },
    tooltip: { trigger: 'axis' },
    xAxis: { type: 'value', name: 'Removed neurons, lowest IPR first', nameLocation: 'middle', nameGap: 28, max: 500 },
    yAxis: { type: 'value', name: 'Accuracy', min: 0, max: 1 },
    series: [
      { type: 'line', name: 'test', data: rising, showSymbol: false },
      { type: 'line', name: 'train corrupted', data: falling, showSymbol: false },
    ],
  }
}

export const figure: ReportFigure = {
  kind: 'figure',
  title: 'Accuracy while neurons are removed in order of IPR',
  caption: 'The accuracy on corrupted labels falls to chance; the accuracy on unseen pairs rises.',
  option: JSON.stringify(pruneOption()),
  csv: 'removed,test,trainCorrupted\n0,0.984,0.939\n350,0.999,0.01\n',
  how: {
    definition: 'IPR(x) = (‖F x‖₄ / ‖F x‖₂)⁴; logits z(e) − Σ h_k(e) W_out[k, :] over the removed neurons.',
    source: 'arXiv:2310.13061 §4, fig. 6',
    spec: { order: 'ipr-ascending', step: 1000, checkpoint: 'c0ffee' },
    backend: 'wasm',
    elapsedMs: 912.3456,
  },
  from: { viewId: 'neurons', runId: 'run-1', step: 1000 },
}

export const run: ReportRun = {
  id: 'run-1',
  name: 'doshi-2023 base, seed 1',
  recipe: { id: 'doshi-2023', arm: 'base', scale: 'paper' },
  spec: {
    task: { id: 'modular-arithmetic', settings: { operation: '+', p: 97, trainFraction: 0.5, corruptedShare: 0.35 } },
    model: { id: 'mlp', settings: { d_mlp: 500, activation: 'quadratic' } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.01, weightDecay: 0 } },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 1000, measureEvery: 10 },
    seed: 1,
  },
  checkpoints: [{ step: 1000, hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }],
  madeWith: 'grokscope 0.1.0, wasm, tfjs 4.22.0',
}

export function sampleReport(changes: Partial<ReportDocument> = {}): ReportDocument {
  return {
    format: 'grokscope-report',
    version: 1,
    title: 'Which neurons memorize',
    madeWith: 'grokscope 0.1.0',
    madeAtMs: Date.UTC(2026, 0, 31, 9, 5),
    items: [
      { kind: 'note', title: 'What this is', text: 'A network that memorized 35 % wrong labels.\n\nIts memory is in the low-IPR neurons.' },
      figure,
    ],
    runs: [run],
    verdicts: [
      {
        recipeId: 'doshi-2023',
        claimId: 'pruning-low-forgets',
        scale: 'paper',
        verdict: 'reproduced',
        values: [{ seed: 1, value: 0.92912 }, { seed: 2, value: 0.931 }],
        expect: [0.85, 1],
        runIds: ['run-1'],
        backend: 'wasm',
        versions: 'grokscope 0.1.0, tfjs 4.22.0',
        atMs: 0,
        says: 'Removing the low-IPR neurons lowers the accuracy on corrupted labels to chance.',
      },
      {
        recipeId: 'doshi-2023',
        claimId: 'batch-norm-ignores-labels',
        scale: 'paper',
        verdict: 'not reproduced',
        values: [{ seed: 1, value: 0.12 }],
        expect: [-1e308, 0.05],
        runIds: [],
        backend: 'wasm',
        versions: 'grokscope 0.1.0',
        atMs: 0,
      },
    ],
    ...changes,
  }
}

/** Text that would run, load or break out of where it stands. */
export const hostile = '</script><img src=x onerror="window.attacked = true"><!-- \'"&\u2028`${1}'

export function hostileReport(): ReportDocument {
  const option = {
    title: { text: hostile, link: 'javascript:window.attacked = true', subtext: hostile },
    tooltip: { formatter: hostile, extraCssText: 'background: url(https://example.org)', renderMode: 'html' },
    toolbox: { feature: { dataView: {} } },
    color: ['"/><script>window.attacked = true</script>'],
    xAxis: { type: 'category', data: [hostile, 'b'], name: hostile },
    yAxis: {},
    series: [{ type: 'scatter', name: hostile, data: [1, 2], symbol: 'image://https://example.org/x.png', label: { show: true, formatter: hostile } }],
    __proto__: { polluted: true },
  }
  const spec = { [hostile]: hostile, n: 1 }
  return sampleReport({
    title: hostile,
    madeWith: hostile,
    items: [
      { kind: 'note', title: hostile, text: hostile },
      {
        kind: 'figure',
        title: hostile,
        caption: hostile,
        option: JSON.stringify(option).replace('{', '{"__proto__":{"polluted":true},'),
        csv: `a,b\n${hostile},2\n`,
        how: { definition: hostile, source: hostile, spec, backend: hostile, elapsedMs: 1 },
        from: { viewId: hostile, runId: hostile, step: 3 },
      },
      { ...figure, option: 'not json' },
    ],
    runs: [{ ...run, id: hostile, name: hostile, spec: { ...run.spec, task: { id: hostile, settings: spec } }, madeWith: hostile }],
    verdicts: sampleReport().verdicts.map((verdict) => ({ ...verdict, says: hostile, claimId: hostile, backend: hostile })),
  })
}
