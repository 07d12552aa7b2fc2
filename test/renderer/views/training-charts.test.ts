import { trainingCharts } from '@renderer/views/training/charts'
import { describe, expect, test } from 'vitest'
import { runOf, sampleSeries, seriesOf } from '../sample-project'

const one = [{ run: runOf('base'), series: sampleSeries }]

describe('the charts of training', () => {
  test('there is one for each probe, in a fixed order', () => {
    expect(trainingCharts(one).map(({ id }) => id)).toEqual(['accuracy', 'loss', 'weight-norm', 'gradient-norm', 'ipr'])
  })

  test('a split has its colour', () => {
    const [accuracy] = trainingCharts(one)

    expect(accuracy!.lines.map(({ title, colour }) => [title, colour])).toEqual([
      ['train', 'train'],
      ['train, clean labels', 'clean'],
      ['train, corrupted labels', 'corrupted'],
      ['test', 'test'],
      ['corrupted pairs predicted as their true label', 'true-label'],
    ])
  })

  test('progress measures and head scores have titles, bounds and colours of their own', () => {
    const series = [
      seriesOf('explained-variance', 'Explained variance of the logits', () => 0.5),
      seriesOf('head-scores.previousToken', 'Attention head scores, previous token, best head', () => 0.3),
      seriesOf('head-scores.prefixMatching', 'Attention head scores, prefix matching, best head', () => 0.9),
      seriesOf('excluded-loss', 'Excluded loss', (step) => step),
    ]
    const charts = trainingCharts([{ run: runOf('base'), series }])

    expect(charts.map(({ id, canBeLog, axis: { max } }) => [id, canBeLog, max])).toEqual([
      ['excluded-loss', true, undefined],
      ['head-scores', false, 1],
      ['explained-variance', false, 1],
    ])
    expect(charts[1]!.lines.map(({ title, colour }) => [title, colour])).toEqual([
      ['prefix matching, best head', 'test'],
      ['previous token, best head', 'train'],
    ])
  })

  test('a probe nobody knew gets a chart of its own', () => {
    const series = [seriesOf('logit-gap', 'Logit gap', (step) => step)]

    expect(trainingCharts([{ run: runOf('base'), series }])).toMatchObject([{ id: 'logit-gap', title: 'Logit gap during training' }])
  })

  test('compared runs have a colour each, and the dash tells the split', () => {
    const compared = trainingCharts([...one, { run: runOf('dropout'), series: sampleSeries }])[0]!.lines

    expect(compared.filter(({ title }) => title.endsWith('test')).map(({ title, colour, dash }) => [title, colour, dash])).toEqual([
      ['base: test', 'run-1', undefined],
      ['dropout: test', 'run-2', undefined],
    ])
    expect(compared.find(({ title }) => title === 'dropout: train')).toMatchObject({ colour: 'run-2', dash: 'dashed' })
  })
})
