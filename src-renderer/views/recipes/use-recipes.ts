/** Papers as recipes: their setting and claims, what this project measured, and what came with the release. */
import type { RecipeCard, Verdict } from '@contract/recipes'
import type { WireError } from '@contract/rpc'
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useJobs } from '../../workbench/jobs'
import { useProject } from '../../workbench/project'
import { useToasts } from '../../workbench/toasts'

/** One claim with the newest verdict of each origin. */
export interface ClaimRow {
  readonly id: string
  readonly says: string
  readonly where: string
  readonly measures: string
  readonly expect: string
  readonly here: Verdict | undefined
  readonly recorded: Verdict | undefined
}

export interface Recipes {
  readonly list: Readonly<Ref<readonly RecipeCard[] | undefined>>
  readonly recipe: ComputedRef<RecipeCard | undefined>
  readonly recipeId: Ref<string | undefined>
  /** Scale the verdicts are shown for, and a run would have. */
  readonly scale: Ref<string>
  readonly seedCount: Ref<number>
  readonly claims: ComputedRef<readonly ClaimRow[]>
  readonly pending: Readonly<Ref<boolean>>
  readonly error: ComputedRef<WireError | undefined>
  /** Whether this recipe is being run now. */
  readonly isRunning: ComputedRef<boolean>
  run(): Promise<void>
  reload(): void
}

export function useRecipes(): Recipes {
  const client = useClient()
  const jobs = useJobs()
  const project = useProject()
  const toasts = useToasts()
  const list = useQuery(client.recipes.list, () => ({}))
  const chosenId = ref<string>()
  const chosenScale = ref<string>()
  const seedCount = ref(3)
  const recipe = computed(() => list.data.value?.find(({ id }) => id === chosenId.value) ?? list.data.value?.[0])
  const recipeId = computed({ get: () => recipe.value?.id, set: (id) => (chosenId.value = id) })
  const scale = computed({
    get: () => recipe.value?.scales.find(({ id }) => id === chosenScale.value)?.id ?? recipe.value?.scales[0]?.id ?? '',
    set: (id) => (chosenScale.value = id),
  })
  const ofRecipe = (): { recipeId: string } | undefined => (recipe.value ? { recipeId: recipe.value.id } : undefined)
  const here = useQuery(client.recipes.verdicts, ofRecipe)
  const recorded = useQuery(client.recipes.recorded, ofRecipe)
  const recipeJobs = computed(() => jobs.all.filter(({ kind }) => kind === 'recipe'))
  watch(() => [project.key, recipeJobs.value.map(({ id, state }) => `${id} ${state}`).join()], here.reload)

  const newest = (verdicts: readonly Verdict[] | undefined, claimId: string): Verdict | undefined =>
    verdicts
      ?.filter((verdict) => verdict.claimId === claimId && verdict.scale === scale.value)
      .reduce<Verdict | undefined>((last, one) => (!last || one.atMs > last.atMs ? one : last), undefined)

  return {
    list: list.data,
    recipe,
    recipeId,
    scale,
    seedCount,
    claims: computed(() =>
      (recipe.value?.claims ?? []).map((claim) => ({
        ...claim,
        here: newest(here.data.value, claim.id),
        recorded: newest(recorded.data.value, claim.id),
      })),
    ),
    pending: list.pending,
    error: computed(() => list.error.value ?? here.error.value ?? recorded.error.value),
    isRunning: computed(() =>
      recipeJobs.value.some(({ state, title }) => ['running', 'queued', 'paused'].includes(state) && title.includes(recipe.value?.id ?? ' ')),
    ),
    run: () =>
      toasts.attempt(async () => {
        const seeds = Array.from({ length: seedCount.value }, (_, i) => i + 1)
        await client.recipes.run({ recipeId: recipe.value!.id, scale: scale.value, seeds })
        toasts.say(`Running ${recipe.value!.id}: every arm with ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`)
      }),
    reload() {
      list.reload()
      here.reload()
      recorded.reload()
    },
  }
}
