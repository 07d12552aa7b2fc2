import { describe, expect, test } from 'vitest'
import type { TicketArmState, TicketEstimate, TicketExperiment } from '@contract/tickets'
import fixtures from '@renderer/views/tickets/fixtures'
import { armLook, curveLines, drawnWeights, maskedArms, measureBars, phasesOf } from '@renderer/views/tickets/ticket-figures'
import { estimateText, experimentTable } from '@renderer/views/tickets/ticket-table'
import { countText, momentTitle } from '@renderer/views/tickets/ticket-words'

let experiment: TicketExperiment | undefined
await fixtures.full.answers.tickets.follow({}, { emit: (event) => Promise.resolve(void (experiment = event)) })
const { arms } = experiment!
const frame = (axes: readonly string[], shape: readonly number[], data: Float32Array | Uint8Array | Int32Array) => ({ axes, shape, data })

describe('curves of the arms', () => {
  const curve = (armId: string, seeds: number) => {
    const numbers = frame(['step'], [2], Float32Array.of(0.1, 0.9))
    return { armId, steps: frame(['step'], [2], Int32Array.of(0, 10)), mean: numbers, low: numbers, high: numbers, count: frame(['step'], [2], Int32Array.of(seeds, seeds)) }
  }

  test('carry a band where several seeds were measured, and the look of their arm', () => {
    const [alone, several] = curveLines([curve('arm-0', 1), curve('arm-2', 3)], arms)

    expect(alone).toMatchObject({ title: arms[0]!.arm.title, ...armLook(0) })
    expect(alone).not.toHaveProperty('low')
    expect(several).toMatchObject({ ...armLook(2), low: Float32Array.of(0.1, 0.9) })
  })

  test('of an arm that is not there are left out', () => {
    expect(curveLines([curve('arm-9', 3)], arms)).toEqual([])
  })
})

test('more arms than colours differ by their dash', () => {
  expect(new Set(Array.from({ length: 18 }, (_, i) => JSON.stringify(armLook(i)))).size).toBe(18)
})

test('bars hold the mean and interval of a measure, and say of an arm without one that it never got there', () => {
  const [dense, ticket, , , random] = measureBars(arms, 'tGen')

  expect(dense!.value! / ticket!.value!).toBeCloseTo(15_680 / 880, 1)
  expect([ticket!.low! < ticket!.value!, ticket!.value! < ticket!.high!]).toEqual([true, true])
  expect(random).toMatchObject({ value: undefined, note: 'never, in 3 seeds' })
})

test('masks are compared of arms that were trained under one, each once', () => {
  const twice: readonly TicketArmState[] = [...arms, { ...arms[1]!, arm: { ...arms[1]!.arm, id: 'again' } }]

  expect(maskedArms(twice, 2).map(({ maskId, short }) => [maskId, short])).toEqual([
    ['mask-1-2', 'generalized 60'],
    ['mask-3-2', 'generalized 60'],
    ['mask-4-2', 'random 60'],
  ])
  expect(maskedArms(arms, 99)).toEqual([])
})

describe('the phases of a run', () => {
  test('divide it at t_mem and t_gen', () => {
    expect(phasesOf({ tMem: 20, tGen: 50, step: 100 }).map(({ from, to }) => [from, to])).toEqual([[0, 0.2], [0.2, 0.5], [0.5, 1]])
  })

  test('end with memorization where it did not generalize, and with nothing where nothing was fitted', () => {
    expect(phasesOf({ tMem: 20, step: 100 }).map(({ title }) => title)).toEqual(['fitting', 'memorized'])
    expect(phasesOf({ step: 100 }).map(({ title }) => title)).toEqual(['fitting'])
  })
})

describe('weights under a mask', () => {
  const picture = {
    arrays: ['W'],
    array: 'W',
    weights: frame(['d_model', 'd_mlp'], [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
    kept: frame(['d_model', 'd_mlp'], [2, 3], Uint8Array.of(1, 0, 1, 1, 1, 1)),
  }

  test('are blank where it does not keep them, their units in order of frequency', () => {
    const { matrix, sorted } = drawnWeights(picture, Int32Array.of(7, 2, 2))

    expect([...matrix.data]).toEqual([NaN, 3, 1, 5, 6, 4])
    expect(sorted).toBe('d_mlp')
  })

  test('keep their order where no axis is that of the units', () => {
    expect([...drawnWeights(picture, Int32Array.of(1, 2, 3, 4)).matrix.data]).toEqual([1, NaN, 3, 4, 5, 6])
    expect(drawnWeights(picture, undefined).sorted).toBeUndefined()
  })

  test('are sorted by rows where those are the units', () => {
    expect([...drawnWeights(picture, Int32Array.of(3, 1)).matrix.data]).toEqual([4, 5, 6, 1, NaN, 3])
  })
})

describe('words', () => {
  const estimate = (change: Partial<TicketEstimate>): TicketEstimate => ({ count: 0, of: 3, ...change })

  test('for an estimate say its interval, or that there is none', () => {
    expect([estimate({ mean: 880, low: 700, high: 1100, count: 3 }), estimate({ mean: 12, count: 1 }), estimate({})].map(estimateText)).toEqual([
      '880 (700 to 1,100)', '12', '—',
    ])
  })

  test('for seeds say how many got there', () => {
    expect([estimate({ count: 2 }), estimate({}), estimate({ of: 0 })].map(countText)).toEqual(['2 of 3', 'never, in 3 seeds', 'not yet'])
  })

  test('for moments are those of the paper', () => {
    expect([momentTitle({ kind: 'event', event: 'transition' }), momentTitle({ kind: 'step', step: 1200 }), momentTitle({ kind: 'share', share: 0.5 })]).toEqual([
      'in transition', 'step 1,200', '0.5 of t_gen',
    ])
  })
})

test('the table of an experiment has a row an arm and names every run', () => {
  const table = experimentTable(experiment!)

  expect(table.rows).toHaveLength(arms.length)
  expect(table.rows[1]).toEqual(expect.arrayContaining(['Magnitude at generalized, 60 %', '3 of 3']))
  expect(table.from.runIds).toEqual(expect.arrayContaining(['run-dense', 'run-1-2', 'run-4-3']))
})
