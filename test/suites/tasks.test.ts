/** Every task: deterministic by seed, splits that divide the examples, labels and tokens in range. */
import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf, type SettingValues } from '@main/base/settings'
import { tasks } from '@main/lab/tasks'
import { placesOf, type Dataset, type Task } from '@main/lab/tasks/task'

const seeds = [0, 1, 7]

describe.each([...tasks])('$id', (task: Task) => {
  const defaults: SettingValues = defaultsOf(task.fields)
  const create = (seed: number): Dataset => task.create(defaults as never, createRng(seed))

  test('the same seed gives the same dataset, another seed another split', () => {
    expect(create(1)).toEqual(create(1))
    const hasExamples = create(1).exampleCount > 0
    expect(create(1).splits.test.join() !== create(2).splits.test.join()).toBe(hasExamples)
  })

  test.each(seeds)('with seed %i every example belongs to exactly one split', (seed) => {
    const { splits, exampleCount } = create(seed)
    const members = [...splits.trainClean, ...splits.trainCorrupted, ...splits.test].sort((x, y) => x - y)

    expect(members).toEqual(Array.from({ length: exampleCount }, (_, i) => i))
  })

  test.each(seeds)('with seed %i the training list is the corrupted examples, then the clean ones', (seed) => {
    const { splits, train } = create(seed)

    expect([...train]).toEqual([...splits.trainCorrupted, ...splits.trainClean])
  })

  test.each(seeds)('with seed %i tokens and labels are in range', (seed) => {
    const { tokens, labels, trueLabels, exampleCount, n_ctx, d_vocab, d_vocab_out, scoredPositions } = create(seed)

    const placeCount = exampleCount * scoredPositions.length
    expect(scoredPositions.every((pos, i) => pos < n_ctx && pos > (scoredPositions[i - 1] ?? -1))).toBe(true)
    expect([tokens.length, labels.length, trueLabels.length]).toEqual([exampleCount * n_ctx, placeCount, placeCount])
    expect(tokens.every((token) => token >= 0 && token < d_vocab)).toBe(true)
    expect([...labels, ...trueLabels].every((label) => label >= 0 && label < d_vocab_out)).toBe(true)
  })

  test.each(seeds)('with seed %i only corrupted examples carry a label that is not the true one', (seed) => {
    const dataset = create(seed)
    const { labels, trueLabels, splits } = dataset
    const places = [splits.trainClean, splits.test].flatMap((examples) => [...placesOf(examples, dataset)])

    expect(places.map((place) => labels[place])).toEqual(places.map((place) => trueLabels[place]))
  })

  test('its settings accept their defaults', () => {
    expect(task.check?.(defaults as never) ?? []).toEqual([])
  })
})
