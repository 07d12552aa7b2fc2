import { defineView } from '../../workbench/view'

export default defineView({
  id: 'training',
  title: 'Training',
  icon: 'training',
  place: 'main',
  order: 1,
  needs: [],
  component: () => import('./Training.vue'),
})
