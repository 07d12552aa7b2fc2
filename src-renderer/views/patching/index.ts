import { defineView } from '../../workbench/view'

export default defineView({
  id: 'patching',
  title: 'Patching',
  icon: 'patching',
  place: 'main',
  order: 5,
  needs: [],
  component: () => import('./Patching.vue'),
  inspector: () => import('./PatchingInspector.vue'),
})
