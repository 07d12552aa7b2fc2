import { defineView } from '../../workbench/view'

export default defineView({
  id: 'help',
  title: 'Help',
  icon: 'help',
  place: 'main',
  order: 9,
  needs: [],
  component: () => import('./Help.vue'),
})
