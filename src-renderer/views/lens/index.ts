import { defineView } from '../../workbench/view'

export default defineView({
  id: 'lens',
  title: 'Lens',
  icon: 'lens',
  place: 'main',
  order: 5,
  needs: [],
  component: () => import('./Lens.vue'),
  inspector: () => import('./LensInspector.vue'),
})
