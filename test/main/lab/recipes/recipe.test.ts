import { describe, expect, test } from 'vitest'
import { holds, judge, type Claim } from '@main/lab/recipes/claim'
import { defineRecipe, specOf } from '@main/lab/recipes/recipe'

const recipe = defineRecipe({
  id: 'tiny-2026',
  paper: { title: 'Tiny', authors: ['A'], year: 2026, arxiv: '0000.00000' },
  summary: '',
  base: {
    task: { id: 'modular-arithmetic', settings: { p: 7 } },
    model: { id: 'mlp', settings: { d_mlp: 8 } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.01 } },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 10 },
  },
  scales: [{ id: 'smoke', title: 'Smoke', note: '', change: { task: { p: 5 }, schedule: { steps: 3, batchSize: 2 } } }],
  arms: [
    {
      id: 'decay',
      title: 'Decay',
      note: '',
      change: { optimizer: { weightDecay: 1 }, schedule: { steps: 4 } },
      atScale: { smoke: { schedule: { steps: 5 } }, paper: { schedule: { steps: 99 } } },
    },
  ],
  differences: [],
  claims: [],
})

test('a specification is the base, then the scale, then the arm, then the arm at that scale', () => {
  expect(specOf(recipe, { scaleId: 'smoke', armId: 'decay', seed: 4 })).toEqual({
    task: { id: 'modular-arithmetic', settings: { p: 5 } },
    model: { id: 'mlp', settings: { d_mlp: 8 } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.01, weightDecay: 1 } },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 5, batchSize: 2 },
    seed: 4,
  })
})

describe('a verdict', () => {
  const claim: Claim = { id: 'c', says: '', where: '', measures: '', needs: ['decay'], expect: [0.5, Infinity], measure: () => 1 }

  test.each([
    [[0.5, 3], 'reproduced'],
    [[0.5, 0.4], 'partly'],
    [[0.4], 'not reproduced'],
    [[NaN], 'not reproduced'],
    [[], 'not run'],
  ])('over %j is %s', (values, expected) => {
    expect(judge(claim, values)).toBe(expected)
  })
  test('takes both ends of the range as inside', () => {
    expect([0.5, 0.4999].map((value) => holds(claim, value))).toEqual([true, false])
  })
})
