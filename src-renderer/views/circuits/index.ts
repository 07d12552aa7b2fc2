import { defineView } from '../../workbench/view'

export default defineView({
  id: 'circuits',
  title: 'Circuits',
  icon: 'network',
  place: 'main',
  order: 6,
  needs: ['patching'],
  component: () => import('./Circuits.vue'),
  inspector: () => import('./CircuitsInspector.vue'),
})
