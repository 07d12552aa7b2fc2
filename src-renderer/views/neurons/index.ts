import { defineView } from '../../workbench/view'

export default defineView({
  id: 'neurons',
  title: 'Neurons',
  icon: 'neurons',
  place: 'main',
  order: 2,
  needs: [],
  component: () => import('./Neurons.vue'),
  inspector: () => import('./NeuronInspector.vue'),
})
