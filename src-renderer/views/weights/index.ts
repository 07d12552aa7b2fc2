import { defineView } from '../../workbench/view'

export default defineView({
  id: 'weights',
  title: 'Weights',
  icon: 'weights',
  place: 'main',
  order: 6,
  needs: [],
  component: () => import('./Weights.vue'),
})
