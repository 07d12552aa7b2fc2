import { collect } from '../../base/registry'
import type { Recipe } from './recipe'

export const recipes = collect<Recipe>(
  'recipe',
  import.meta.glob(['./*.ts', '!./index.ts', '!./recipe.ts', '!./claim.ts', '!./resolve-setup.ts'], { eager: true }),
)
