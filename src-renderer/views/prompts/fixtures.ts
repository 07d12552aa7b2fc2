/** Two kept sets and a draft, as the main process would answer for them, and the four states of the view. */
import type { Generator, PromptPreview, PromptSetCard } from '@contract/prompts'
import type { Answers } from '../../client/fixture'
import type { ViewFixtures } from '../../workbench/view'

const addition: Generator = {
  id: 'modular-arithmetic',
  title: 'Modular arithmetic',
  help: 'Pairs of residues, answered by their sum.',
  trainedAs: { 'modular-arithmetic': {} },
  fields: {
    prompts: { kind: 'integer', title: 'Prompts', help: 'Number of prompts.', default: 100, min: 1 },
    p: { kind: 'integer', title: 'Modulus', help: 'Number of residues.', default: 97, min: 2, max: 499 },
  },
}
const induction: Generator = { id: 'induction', title: 'Induction', help: 'A sequence begins again.', trainedAs: {}, fields: {} }

export const sums: PromptSetCard = {
  id: 'prompts-1',
  name: 'sums mod 7',
  source: 'arXiv:2201.02177',
  generatorId: addition.id,
  count: 3,
  isPaired: true,
  hasVocabulary: true,
  madeAtMs: 0,
}
export const fromFile: PromptSetCard = {
  id: 'prompts-2',
  name: 'my prompts',
  source: 'file my prompts.csv',
  count: 3,
  isPaired: false,
  hasVocabulary: false,
  madeAtMs: 0,
}

export const preview: PromptPreview = {
  title: 'Modular arithmetic, + mod 7',
  source: sums.source,
  count: 3,
  isPaired: true,
  groups: [{ name: 'all', count: 3 }],
  prompts: [
    { clean: '1 2', corrupted: '1 4', answers: [' 3'], wrong: [' 5'], marks: {}, group: 'all' },
    { clean: '6 3', corrupted: '6 0', answers: [' 2'], wrong: [' 6'], marks: {}, group: 'all' },
    { clean: '1 12', corrupted: '1 4', answers: [' 13'], wrong: [' 5'], marks: {}, group: 'all' },
  ],
  drawn: { kind: 'drawn', generatorId: addition.id, settings: { p: 7, prompts: 3 }, seed: 1 },
  fit: {
    read: [{ clean: ['1', '2'], corrupted: ['1', '4'] }, { clean: ['6', '3'], corrupted: ['6', '0'] }, null],
    keptCount: 2,
    droppedCount: 1,
    dropped: [{ prompt: 2, why: '" 13" is not one token' }],
    splitCount: 1,
    splitWords: [{ text: ' 13', tokens: ['1', '3'], prompts: 1 }],
  },
}

export const prompts: Answers['prompts'] = {
  generators: () => [addition, induction],
  list: () => [sums, fromFile],
  preview: ({ source, tokenizer }) => {
    const { fit, ...rest } = preview
    return { ...rest, ...(source.kind === 'drawn' && { drawn: source }), ...(tokenizer && { fit }) }
  },
}

const failing = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('the compute process ended while it was asked'), { code: 'COMPUTE_DIED' }))

const states: ViewFixtures = {
  empty: { answers: { prompts: { generators: () => [addition], list: () => [] } } },
  loading: { answers: {} },
  error: { answers: { prompts: { generators: failing, list: failing } } },
  full: { answers: { prompts } },
}
export default states
