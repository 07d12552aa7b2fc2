/**
 * Measured series as the charts of the training view. One chart a probe; a probe this file does not know gets a chart
 * too, so that adding a probe adds its picture. Colour means the split, or the run where several are compared; then the
 * dash means the split.
 */
import type { Run, Series } from '@contract/runs'
import type { Meaning } from '../../charts/chart-theme'
import type { LineSeries } from '../../charts/line-chart'

export interface MeasuredRun {
  readonly run: Run
  readonly series: readonly Series[]
}

export interface TrainingChart {
  /** The probe's id. */
  readonly id: string
  readonly title: string
  readonly axis: { readonly title: string; readonly unit?: string; readonly format?: 'accuracy'; readonly min?: number; readonly max?: number }
  readonly canBeLog: boolean
  readonly lines: readonly LineSeries[]
}

interface Look {
  readonly title: string
  readonly axis: TrainingChart['axis']
  readonly canBeLog: boolean
}

const looks: Readonly<Record<string, Look>> = {
  accuracy: {
    title: 'Accuracy by split during training',
    axis: { title: 'accuracy', format: 'accuracy', min: 0, max: 1 },
    canBeLog: false,
  },
  loss: { title: 'Loss by split during training', axis: { title: 'mean loss' }, canBeLog: true },
  'restricted-loss': { title: 'Loss of the key frequencies alone', axis: { title: 'restricted loss' }, canBeLog: true },
  'excluded-loss': { title: 'Train loss without the key frequencies', axis: { title: 'excluded loss' }, canBeLog: true },
  'head-scores': {
    title: 'Best attention head by score',
    axis: { title: 'mean attention', min: 0, max: 1 },
    canBeLog: false,
  },
  'weight-norm': { title: 'Norm of all weights', axis: { title: 'L2 norm', min: 0 }, canBeLog: false },
  'gradient-norm': { title: 'Norm of the gradient', axis: { title: 'L2 norm' }, canBeLog: true },
  ipr: {
    title: 'Inverse participation ratio of the neurons',
    axis: { title: 'ratio or share', min: 0, max: 1 },
    canBeLog: false,
  },
  'fourier-gini': {
    title: 'Inequality of Fourier components',
    axis: { title: 'Gini coefficient', min: 0, max: 1 },
    canBeLog: false,
  },
  'key-frequencies': { title: 'Number of key frequencies', axis: { title: 'harmonics', min: 0 }, canBeLog: false },
  'explained-variance': {
    title: 'Logits explained by the key frequencies',
    axis: { title: 'share of variance', min: 0, max: 1 },
    canBeLog: false,
  },
}
const order = Object.keys(looks)

const partColours: Readonly<Record<string, Meaning>> = {
  train: 'train',
  trainClean: 'clean',
  trainCorrupted: 'corrupted',
  test: 'test',
  trueLabel: 'true-label',
  mean: 'train',
  lowShare: 'corrupted',
  highShare: 'clean',
  prefixMatching: 'test',
  previousToken: 'train',
  W_L: 'test',
  W_E: 'train',
}
/** Legends list the parts in this order; parts of unknown probes keep theirs. */
const partOrder = Object.keys(partColours)
const runColours: readonly Meaning[] = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5', 'run-6']
/** The parts that stay when runs are compared; more lines than this tell nothing apart. */
const comparedParts = ['test', 'train', 'trainCorrupted', 'mean', 'highShare', 'prefixMatching', 'W_L', '']
const partDashes: Readonly<Record<string, LineSeries['dash']>> = { train: 'dashed', trainCorrupted: 'dotted', highShare: 'dashed' }

export function trainingCharts(measured: readonly MeasuredRun[]): readonly TrainingChart[] {
  const probes = [...new Set(measured.flatMap(({ series }) => series.map(({ id }) => probeOf(id))))]
  const place = (probe: string): number => (order.includes(probe) ? order.indexOf(probe) : order.length)
  return probes
    .sort((x, y) => place(x) - place(y) || x.localeCompare(y))
    .map((probe) => ({ ...lookOf(probe, measured), id: probe, lines: linesOf(probe, measured) }))
    .filter(({ lines }) => lines.length > 0)
}

const probeOf = (seriesId: string): string => seriesId.split('.')[0]!
const partOf = (seriesId: string): string => seriesId.split('.')[1] ?? ''

function lookOf(probe: string, measured: readonly MeasuredRun[]): Look {
  const known = looks[probe]
  if (known) return known
  const first = measured.flatMap(({ series }) => series).find(({ id }) => probeOf(id) === probe)!
  return {
    title: `${first.title.split(',')[0]} during training`,
    axis: { title: probe, ...(first.unit !== '1' && { unit: first.unit }) },
    canBeLog: true,
  }
}

function linesOf(probe: string, measured: readonly MeasuredRun[]): readonly LineSeries[] {
  const isCompared = measured.length > 1
  return measured.flatMap(({ run, series }, runIndex) =>
    series
      .filter(({ id }) => probeOf(id) === probe && (!isCompared || comparedParts.includes(partOf(id))))
      .sort((x, y) => partOrder.indexOf(partOf(x.id)) - partOrder.indexOf(partOf(y.id)))
      .map((one, partIndex): LineSeries => {
        const part = partOf(one.id)
        const colour = isCompared
          ? runColours[runIndex % runColours.length]!
          : (partColours[part] ?? runColours[partIndex % runColours.length]!)
        const dash = isCompared ? partDashes[part] : part === 'trueLabel' ? 'dashed' : undefined
        const title = partTitle(one, probe)
        return {
          title: isCompared ? `${run.name}: ${title}` : title,
          x: one.steps.data,
          y: one.values.data,
          colour,
          ...(dash && { dash }),
        }
      }),
  )
}

/** What a series is called beside its chart's title: `Accuracy, train` is `train` in the accuracy chart. */
function partTitle({ title, id }: Series, probe: string): string {
  const rest = title.includes(',') ? title.slice(title.indexOf(',') + 1).trim() : title
  return partOf(id) === '' ? (looks[probe]?.axis.title ?? title) : rest
}
