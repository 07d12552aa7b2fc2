/**
 * A run being set up: from a recipe's arm at a scale, or like an existing run, then changed setting by setting. The main
 * process checks every version; its complaints stand beside the fields they name.
 */
import type { Field, Part, RecipeCard } from '@contract/recipes'
import type { Run, RunSpec } from '@contract/runs'
import type { WireError } from '@contract/rpc'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { useClient } from '../client/use-client'
import { useQuery } from '../client/use-query'


export const partKinds = ['task', 'model', 'optimizer', 'loss'] as const
export type PartKind = (typeof partKinds)[number]
export type SectionId = PartKind | 'schedule'
type SettingValue = number | string | boolean

/** One tab of the dialogue. */
export interface Section {
  readonly id: SectionId
  readonly title: string
  /** What there is to choose from; empty for the schedule. */
  readonly parts: readonly Part[]
  readonly partId: string
  readonly help: string
  readonly fields: readonly { readonly key: string; readonly field: Field; readonly value: SettingValue; readonly complaint: string | undefined }[]
  readonly complaintCount: number
}

export interface NewRun {
  readonly recipes: Readonly<Ref<readonly RecipeCard[] | undefined>>
  readonly recipeId: Ref<string>
  readonly scale: Ref<string>
  readonly arm: Ref<string>
  readonly recipe: ComputedRef<RecipeCard | undefined>
  readonly name: Ref<string>
  readonly seed: Ref<number>
  readonly sections: ComputedRef<readonly Section[]>
  /** Complaints that name no field. */
  readonly otherComplaints: ComputedRef<readonly string[]>
  readonly error: ComputedRef<WireError | undefined>
  /** Why it cannot be started; undefined when it can. */
  readonly reason: ComputedRef<string | undefined>
  choosePart(kind: PartKind, partId: string): void
  change(section: SectionId, key: string, value: SettingValue): void
  /** Starts training; the new run's id. */
  start(): Promise<string>
}

const titles: Readonly<Record<SectionId, string>> = {
  task: 'Task',
  model: 'Model',
  optimizer: 'Optimizer',
  loss: 'Loss',
  schedule: 'Schedule',
}

export function useNewRun(like: Run | undefined): NewRun {
  const client = useClient()
  const recipes = useQuery(client.recipes.list, () => ({}))
  const parts = useQuery(client.recipes.parts, () => ({}))
  const recipeId = ref(like?.recipe?.id ?? '')
  const scale = ref(like?.recipe?.scale ?? '')
  const arm = ref(like?.recipe?.arm ?? '')
  const seed = ref(like ? like.spec.seed + 1 : 1)
  const typedName = ref(like ? `${like.name}, seed ${like.spec.seed + 1}` : undefined)
  const spec = shallowRef<RunSpec | undefined>(like && { ...like.spec, seed: like.spec.seed + 1 })
  const images = useQuery(client.images.list, () => (spec.value?.task.id === 'digits' ? {} : undefined))
  const isChanged = ref(like !== undefined && like.recipe === undefined)
  const recipe = computed(() => recipes.data.value?.find(({ id }) => id === recipeId.value))
  const armTitle = computed(() => recipe.value?.arms.find(({ id }) => id === arm.value)?.title)
  const name = computed({
    get: () => typedName.value ?? (armTitle.value ? `${armTitle.value}, seed ${seed.value}` : ''),
    set: (text) => (typedName.value = text),
  })

  watch(recipe, (chosen, before) => {
    if (!chosen || (like && before === undefined)) return
    scale.value = chosen.scales[0]?.id ?? ''
    arm.value = chosen.arms[0]?.id ?? ''
  }, { immediate: true })
  watch(recipes.data, (found) => {
    if (recipeId.value === '' && !like) recipeId.value = found?.[0]?.id ?? ''
  }, { immediate: true })

  const isFromRecipe = ref(!like)
  watch([recipeId, scale, arm], () => (isFromRecipe.value = true))
  const fromRecipe = useQuery(client.recipes.spec, () =>
    isFromRecipe.value && recipeId.value && scale.value && arm.value
      ? { recipeId: recipeId.value, scale: scale.value, arm: arm.value, seed: seed.value }
      : undefined,
  )
  watch(fromRecipe.data, (found) => {
    if (!found || (isChanged.value && spec.value)) return
    spec.value = found
  })
  watch([recipeId, scale, arm], () => (isChanged.value = false), { flush: 'sync' })
  watch(seed, (value) => {
    if (spec.value) spec.value = { ...spec.value, seed: value }
  })

  const check = useQuery(client.recipes.check, () => (spec.value ? { spec: spec.value } : undefined))
  const complaints = computed(() => check.data.value?.complaints ?? [])
  const sections = computed(() =>
    parts.data.value && spec.value
      ? sectionsOf(withImages(parts.data.value, images.data.value?.map(({ id }) => id) ?? []), spec.value, complaints.value)
      : [],
  )
  const named = computed(() => new Set(sections.value.flatMap(({ id, fields }) => fields.map(({ key }) => `${id}.${key}`))))

  function put(change: Partial<RunSpec>): void {
    if (!spec.value) return
    isChanged.value = true
    spec.value = { ...spec.value, ...change }
  }

  function change(section: SectionId, key: string, value: SettingValue): void {
    if (!spec.value) return
    if (section === 'schedule') return put({ schedule: { ...spec.value.schedule, [key]: value } })
    const part = spec.value[section]
    put({ [section]: { ...part, settings: { ...part.settings, [key]: value } } })
  }

  const error = computed(() => recipes.error.value ?? parts.error.value ?? fromRecipe.error.value ?? check.error.value)
  return {
    recipes: recipes.data,
    recipeId,
    scale,
    arm,
    recipe,
    name,
    seed,
    sections,
    otherComplaints: computed(() =>
      complaints.value.filter(({ path }) => !named.value.has(path)).map(({ path, message }) => `${path}: ${message}`),
    ),
    error,
    reason: computed(() => {
      if (!spec.value) return 'the settings are being read'
      if (name.value.trim() === '') return 'a name is needed'
      const { length } = complaints.value
      return length > 0 ? `${length} ${length === 1 ? 'setting has a value' : 'settings have values'} that cannot be used` : undefined
    }),
    choosePart: (kind, partId) => put({ [kind]: { id: partId, settings: {} } }),
    change,
    async start() {
      const source = { id: recipeId.value, arm: arm.value, scale: scale.value }
      const { runId } = await client.runs.start({
        name: name.value.trim(),
        spec: spec.value!,
        // Changed settings are no longer the recipe's, and its claims would be judged on something else.
        ...(!isChanged.value && source.id !== '' && { recipe: source }),
      })
      return runId
    },
  }
}

interface Parts {
  readonly tasks: readonly Part[]
  readonly models: readonly Part[]
  readonly optimizers: readonly Part[]
  readonly losses: readonly Part[]
  readonly schedule: Readonly<Record<string, Field>>
}
/** An image set is chosen among those of the project, where it has any. */
function withImages(parts: Parts, imageSets: readonly string[]): Parts {
  if (imageSets.length === 0) return parts
  const choosing = (field: Field): Field =>
    field.kind === 'text' ? { kind: 'choice', title: field.title, help: field.help, default: field.default, choices: ['', ...imageSets] } : field
  const tasks = parts.tasks.map((part) =>
    part.id === 'digits' ? { ...part, fields: Object.fromEntries(Object.entries(part.fields).map(([key, field]) => [key, choosing(field)])) } : part)
  return { ...parts, tasks }
}

type Complaints = readonly { readonly path: string; readonly message: string }[]

function sectionsOf(parts: Parts, spec: RunSpec, complaints: Complaints): readonly Section[] {
  const all = { task: parts.tasks, model: parts.models, optimizer: parts.optimizers, loss: parts.losses }
  const section = (id: SectionId, about: Pick<Section, 'parts' | 'partId' | 'help'>, fields: Record<string, Field>, values: Record<string, SettingValue>): Section => ({
    id,
    title: titles[id],
    ...about,
    fields: Object.entries(fields).map(([key, field]) => ({
      key,
      field,
      value: values[key] ?? field.default,
      complaint: complaints.find(({ path }) => path === `${id}.${key}`)?.message,
    })),
    complaintCount: complaints.filter(({ path }) => path === id || path.startsWith(`${id}.`)).length,
  })
  return [
    ...partKinds.map((kind) => {
      const part = all[kind].find(({ id }) => id === spec[kind].id)
      const about = { parts: all[kind], partId: spec[kind].id, help: part?.help ?? '' }
      return section(kind, about, part?.fields ?? {}, spec[kind].settings)
    }),
    section('schedule', { parts: [], partId: '', help: 'When the run ends, measures and checkpoints.' }, parts.schedule, spec.schedule),
  ]
}
