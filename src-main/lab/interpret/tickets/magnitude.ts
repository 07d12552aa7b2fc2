import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'magnitude',
  title: 'Magnitude',
  help: 'Keeps the largest weights of the whole network: the paper’s ticket.',
  definition: '|θ_t|, ranked over all parameters together',
  source: 'arXiv:2310.19470 §3.1; arXiv:1803.03635',
  share: 'all',
  isBeforeTraining: false,
  measure: ({ weights }) => eachWeight(Math.abs, weights),
})
