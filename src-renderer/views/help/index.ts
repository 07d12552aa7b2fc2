import { defineView } from '../../workbench/view'

export default defineView({
  id: 'help',
  title: 'Help',
  icon: 'help',
  place: 'main',
  order: 90,
  needs: [],
  component: () => import('./Help.vue'),
})
