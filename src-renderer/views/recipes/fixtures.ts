import type { RecipeCard, Verdict } from '@contract/recipes'
import type { ViewFixtures } from '../../workbench/view'

const recipe: RecipeCard = {
  id: 'doshi-2023',
  paper: { title: 'To grok or not to grok', authors: ['Darshil Doshi', 'Aritra Das'], year: 2023, arxiv: '2310.13061' },
  summary: 'A network memorizes wrong labels and finds the rule all the same.',
  scales: [{ id: 'smoke', title: 'Smoke', note: 'p = 59: a minute' }],
  arms: [{ id: 'base', title: 'No regularization', note: 'memorization and generalization coexist' }],
  differences: [],
  claims: [
    {
      id: 'coexistence',
      says: 'The network generalizes although it memorizes wrong labels.',
      where: 'fig. 1',
      measures: 'test accuracy',
      expect: 'at least 0.9',
    },
  ],
}

const verdict: Verdict = {
  recipeId: recipe.id,
  claimId: 'coexistence',
  scale: 'smoke',
  verdict: 'reproduced',
  values: [{ seed: 1, value: 0.982 }],
  expect: [0.9, 1e308],
  runIds: ['run-1'],
  backend: 'cpu',
  versions: '0.1.0',
  atMs: 0,
}

export default {
  empty: { answers: { recipes: { list: () => [] } } },
  loading: { answers: {} },
  error: {
    answers: { recipes: { list: () => Promise.reject({ code: 'INTERNAL', message: 'the recipes cannot be read' }) } },
  },
  full: {
    answers: { recipes: { list: () => [recipe], verdicts: () => [verdict], recorded: () => [{ ...verdict, verdict: 'partly' }] } },
  },
} satisfies ViewFixtures
