import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'movement',
  title: 'Movement',
  help: 'Keeps the weights that training moved farthest, however large they end.',
  definition: '|θ_t − θ_0|, ranked over all parameters together',
  source: 'arXiv:1905.01067 §3, “movement”',
  share: 'all',
  isBeforeTraining: false,
  measure: ({ weights, initial }) => eachWeight((now, before) => Math.abs(now - before), weights, initial),
})
