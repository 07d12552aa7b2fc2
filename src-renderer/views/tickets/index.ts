import { defineView } from '../../workbench/view'

export default defineView({
  id: 'tickets',
  title: 'Tickets',
  icon: 'tickets',
  place: 'main',
  order: 8,
  needs: [],
  component: () => import('./Tickets.vue'),
  inspector: () => import('./ArmInspector.vue'),
})
