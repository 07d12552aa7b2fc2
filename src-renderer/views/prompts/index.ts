import { defineView } from '../../workbench/view'

export default defineView({
  id: 'prompts',
  title: 'Prompts',
  icon: 'prompts',
  place: 'main',
  order: 7,
  needs: [],
  component: () => import('./Prompts.vue'),
})
