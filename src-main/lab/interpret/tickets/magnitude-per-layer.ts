import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'magnitude-per-layer',
  title: 'Magnitude per layer',
  help: 'Keeps the largest weights of each parameter, the same share of all: no layer is emptied for another.',
  definition: '|θ_t|, ranked within each parameter',
  source: 'arXiv:1803.03635 §2',
  share: 'layers',
  isBeforeTraining: false,
  measure: ({ weights }) => eachWeight(Math.abs, weights),
})
