import { defineView } from '../../workbench/view'

export default defineView({
  id: 'recipes',
  title: 'Recipes',
  icon: 'recipes',
  place: 'main',
  order: 3,
  needs: [],
  component: () => import('./Recipes.vue'),
})
