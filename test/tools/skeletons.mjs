/** The files that a new declaration of each noun starts from. Each compiles, and passes or plainly fails its suite. */

const titleOf = (id) => id[0].toUpperCase() + id.slice(1).replaceAll('-', ' ')
const nameOf = (id) => id.replace(/-(\w)/g, (_dash, letter) => letter.toUpperCase())
const componentOf = (id) => nameOf(id)[0].toUpperCase() + nameOf(id).slice(1)

const texts = (id) => `  id: '${id}',
  title: '${titleOf(id)}',
  help: 'What it is, and what choosing it leads to.',
  source: 'arXiv:NNNN.NNNNN §N',
`

const probe = (id) => `import { defineProbe } from './probe'

export default defineProbe({
${texts(id)}  unit: '1',
  parts: [],
  measure(ctx) {
    let count = 0
    for (const { data } of Object.values(ctx.params())) count += data.length
    return { '': count }
  },
})
`

const task = (id) => `import { integer } from '../../base/settings'
import { defineTask } from './task'

export default defineTask({
${texts(id)}  fields: {
    d_vocab: integer({ title: 'Vocabulary', help: 'Number of distinct tokens.', default: 8, min: 2, max: 1024 }),
  },
  create({ d_vocab }, rng) {
    const labels = Int32Array.from({ length: d_vocab }, (_, token) => token)
    const order = rng.permutation(d_vocab)
    const train = order.slice(0, d_vocab >> 1)
    return {
      exampleCount: d_vocab,
      n_ctx: 1,
      d_vocab,
      d_vocab_out: d_vocab,
      scoredPositions: [0],
      tokens: labels.slice(),
      labels,
      trueLabels: labels.slice(),
      splits: { trainClean: train.slice(), trainCorrupted: new Int32Array(0), test: order.slice(d_vocab >> 1) },
      train,
    }
  },
})
`

const optimizer = (id) => `import { number } from '../../base/settings'
import { defineOptimizer } from './optimizer'

export default defineOptimizer({
${texts(id)}  fields: {
    learningRate: number({ title: 'Learning rate', help: 'Size of a step.', default: 0.1, min: 0, max: 1e6 }),
  },
  slots: [],
  update: ({ learningRate }, { param, grad }) => ({ param: param.sub(grad.mul(learningRate)), slots: {} }),
})
`

const loss = (id) => `import { tf } from '../../engine/tf'
import { defineLoss } from './loss'

export default defineLoss({
${texts(id)}  unit: '1',
  fields: {},
  measure(_settings, logits, labels) {
    const wanted = tf.oneHot(labels.toInt(), logits.shape[1] ?? 1) // [batch, d_vocab_out]
    return logits.sub(wanted).abs().mean().asScalar()
  },
})
`

const model = (id) => `import { namedArray } from '../../base/array'
import { integer } from '../../base/settings'
import { tf } from '../../engine/tf'
import { defineModel } from './model'

export default defineModel({
${texts(id)}  fields: {
    n_layers: integer({ title: 'Layers', help: 'Number of layers.', default: 1, min: 1, max: 1 }),
  },
  init(_settings, { n_ctx, d_vocab, d_vocab_out }, rng) {
    const rows = n_ctx * d_vocab
    const data = Float32Array.from({ length: rows * d_vocab_out }, () => rng.normal() / Math.sqrt(n_ctx))
    return { params: { W_out: namedArray(['token', 'd_vocab_out'], [rows, d_vocab_out], data) }, buffers: {} }
  },
  hookPoints: () => [],
  forward(_settings, { tokens, param }) {
    const [, n_ctx = 1] = tokens.shape
    const W_out = param('W_out') // [pos * token, d_vocab_out]
    const d_vocab = (W_out.shape[0] ?? 0) / n_ctx
    const oneHot = tf.oneHot(tokens.toInt(), d_vocab) // [batch, pos, token]
    return oneHot.reshape([-1, n_ctx * d_vocab]).matMul(W_out)
  },
})
`

const analysis = (id) => `import type { Network } from '../models/network'
import { defineAnalysis } from './analysis'

export default defineAnalysis<object, number>({
  id: '${id}',
  title: '${titleOf(id)}',
  definition: 'What is computed, with its formula in symbols.',
  source: 'arXiv:NNNN.NNNNN §N',
  unsuitable: () => undefined,
  measure: (network: Network) => network.dims.d_vocab,
})
`

const recipe = (id) => `import { defineRecipe } from './recipe'

export default defineRecipe({
  id: '${id}',
  paper: { title: 'Title of the paper', authors: ['First Author'], year: 2024, arxiv: 'NNNN.NNNNN' },
  summary: 'What the paper finds, in two sentences.',
  base: {
    task: { id: 'modular-arithmetic', settings: {} },
    model: { id: 'mlp', settings: {} },
    optimizer: { id: 'adamw', settings: {} },
    loss: { id: 'mse', settings: {} },
    schedule: {},
  },
  scales: [
    { id: 'smoke', title: 'Smoke', note: 'Seconds.', change: { task: { p: 23 }, model: { d_mlp: 64 } } },
    { id: 'paper', title: 'Paper', note: 'Minutes.', change: {} },
  ],
  arms: [{ id: 'base', title: 'Base', note: 'The setting of the paper.', change: {} }],
  differences: [],
  claims: [
    {
      id: 'generalizes',
      says: 'The network generalizes.',
      where: '§1',
      measures: 'test accuracy at the last step, arm base',
      needs: ['base'],
      expect: [0.95, 1],
      measure({ arms }) {
        const { values } = arms['base']!.series['accuracy.test']! // the claim needs the arm; every run measures accuracy
        return values[values.length - 1]!
      },
    },
  ],
})
`

const report = (id) => `import { defineReportFormat } from './report'

export default defineReportFormat({
  id: '${id}',
  title: '${titleOf(id)}',
  extension: 'txt',
  mime: 'text/plain; charset=utf-8',
  render: (document) => [document.title, ...document.items.map(({ title }) => title)].join('\\n'),
})
`

const op = (id) => `/**
 * What is computed, as a formula; and why it is worth an operation of its own.
 *
 * Axes: x [batch, any].
 */
import { tf, type Tensor } from '../tf'

export function ${nameOf(id)}(x: Tensor): Tensor {
  return tf.tidy(() => x.square())
}
`

const view = (id) => `import { defineView } from '../../workbench/view'

export default defineView({
  id: '${id}',
  title: '${titleOf(id)}',
  icon: 'circle',
  place: 'main',
  order: 100,
  needs: [],
  component: () => import('./${componentOf(id)}.vue'),
})
`

const viewComponent = (id) => `<script setup lang="ts">
import { usePanelSelection } from '../../workbench/selection'

const { runId, step } = usePanelSelection()
</script>

<template>
  <section class="${id}">
    <p v-if="runId">Step {{ step }} of {{ runId }}</p>
    <p v-else>Select a run in the library.</p>
  </section>
</template>
`

const viewFixtures = () => `import type { ViewFixtures } from '../../workbench/view'

const fixtures: ViewFixtures = {
  empty: { answers: {} },
  loading: { answers: {} },
  error: { answers: {} },
  full: { answers: {} },
}
export default fixtures
`

const inLab = (folder, make) => (id) => [{ path: `src-main/lab/${folder}/${id}.ts`, text: make(id) }]

const skeletons = {
  analysis: inLab('interpret', analysis),
  loss: inLab('losses', loss),
  model: inLab('models', model),
  op: (id) => [{ path: `src-main/engine/ops/${id}.ts`, text: op(id) }],
  optimizer: inLab('optimizers', optimizer),
  probe: inLab('probes', probe),
  recipe: inLab('recipes', recipe),
  report: inLab('reports', report),
  task: inLab('tasks', task),
  view: (id) => [
    { path: `src-renderer/views/${id}/index.ts`, text: view(id) },
    { path: `src-renderer/views/${id}/${componentOf(id)}.vue`, text: viewComponent(id) },
    { path: `src-renderer/views/${id}/fixtures.ts`, text: viewFixtures() },
  ],
}

export const nouns = Object.keys(skeletons)

export function skeletonOf(noun, id) {
  if (!Object.hasOwn(skeletons, noun)) throw new Error(`unknown noun '${noun}'; nouns are ${nouns.join(', ')}`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) throw new Error(`the id is '${id}'; expected kebab-case like weight-norm`)
  return skeletons[noun](id)
}
