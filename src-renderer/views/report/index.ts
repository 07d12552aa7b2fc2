import { defineView } from '../../workbench/view'

export default defineView({
  id: 'report',
  title: 'Report',
  icon: 'report',
  place: 'main',
  order: 4,
  needs: [],
  component: () => import('./Report.vue'),
})
