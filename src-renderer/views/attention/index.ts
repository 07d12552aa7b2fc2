import { defineView } from '../../workbench/view'

export default defineView({
  id: 'attention',
  title: 'Attention',
  icon: 'attention',
  place: 'main',
  order: 5,
  needs: [],
  component: () => import('./Attention.vue'),
  inspector: () => import('./HeadInspector.vue'),
})
