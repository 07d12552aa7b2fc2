import { defineView } from '../../workbench/view'

export default defineView({
  id: 'residues',
  title: 'Residues',
  icon: 'residues',
  place: 'main',
  order: 6.5,
  needs: [],
  component: () => import('./Residues.vue'),
})
