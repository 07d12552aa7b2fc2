import { defineScore, eachWeight } from './score'

export default defineScore({
  id: 'random',
  title: 'Random',
  help: 'Keeps as many weights of each parameter as magnitude pruning does, but any: the control for layer-wise sparsity.',
  definition: 'uniform draws from the seed; each parameter loses as many weights as to global magnitude pruning of θ_t',
  source: 'arXiv:2310.19470 app. D, with layer-wise sparsity matched',
  share: 'magnitude',
  isBeforeTraining: false,
  measure: ({ weights, rng }) => eachWeight(() => rng.uint32() / 2 ** 32, weights),
})
