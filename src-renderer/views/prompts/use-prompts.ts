/** The kept prompt sets and the one being drawn; what the tokenizer of the selected run makes of either. */
import type { PromptSetCard, PromptSource } from '@contract/prompts'
import type { Part } from '@contract/recipes'
import { computed } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { adoptPrompts } from '../../workbench/adopt'
import { chooseFiles } from '../../workbench/import/dropped'
import { useLayout } from '../../workbench/layout'
import { useProject } from '../../workbench/project'
import { usePromptSetList, usePromptSets } from '../../workbench/prompt-sets'
import { useRuns } from '../../workbench/runs'
import { usePanelSelection } from '../../workbench/selection'
import { useToasts } from '../../workbench/toasts'
import { usePromptsState } from './prompts-state'

/** Prompts shown of a set. */
const shownPrompts = 100

export function usePrompts() {
  const client = useClient()
  const state = usePromptsState()
  const sets = usePromptSets()
  const project = useProject()
  const runs = useRuns()
  const selection = usePanelSelection()
  const toasts = useToasts()
  const layout = useLayout()
  const list = usePromptSetList()
  const generators = useQuery(client.prompts.generators, () => ({}))
  const cards = computed(() => list.data.value ?? [])
  const chosen = computed(() => cards.value.find(({ id }) => id === sets.chosenId) ?? cards.value[0])
  const readOnly = computed(() => (project.current?.isReadOnly ? 'the project cannot be written' : undefined))

  function show(card: PromptSetCard): void {
    sets.chosenId = card.id
    state.isDrafting = false
  }
  function added(card: PromptSetCard): void {
    sets.added(card.id)
    state.isDrafting = false
  }
  /** Begins with what the selected run was trained on, where a generator draws that. */
  function draft(): void {
    state.isDrafting = true
    const task = selection.runId.value === undefined ? undefined : runs.byId.get(selection.runId.value)?.spec.task
    const own = task && generators.data.value?.find(({ trainedAs }) => task.id in trainedAs)
    if (!own || state.settings[own.id]) return
    state.generatorId = own.id
    const differs = ([key, value]: [string, unknown]): boolean => key in own.fields && own.fields[key]!.default !== value
    state.change(own.id, { ...Object.fromEntries(Object.entries(task.settings).filter(differs)), ...own.trainedAs[task.id] })
    state.startToken = task.settings['startToken'] === true
  }
  const addFiles = (): Promise<void> =>
    toasts.attempt(async () => {
      for (const { file } of await chooseFiles(false)) {
        const card = await adoptPrompts(client, file)
        if (card) added(card)
      }
    })
  const remove = (card: PromptSetCard): Promise<void> =>
    toasts.attempt(async () => {
      await client.prompts.remove({ promptSetId: card.id })
      sets.touch()
      toasts.say(`Removed the prompt set ${card.name}`)
    })
  const pair = (cleanId: string, corruptedId: string, name: string): Promise<void> =>
    toasts.attempt(async () => added(await client.prompts.pair({ cleanId, corruptedId, name })))
  const keep = (source: Extract<PromptSource, { kind: 'drawn' }>, name: string): Promise<void> =>
    toasts.attempt(async () => added(await client.prompts.keep({ source, name })))

  /** Opens Patching with the set chosen. */
  function patch(card: PromptSetCard): void {
    sets.offeredId = card.id
    layout.open('patching')
  }

  return { state, list, generators, cards, chosen, readOnly, show, draft, addFiles, remove, pair, keep, patch }
}
export type Prompts = ReturnType<typeof usePrompts>

/** The settings of a set being drawn. */
export function useDraft(generators: () => readonly Part[]) {
  const state = usePromptsState()
  const generator = computed(() => generators().find(({ id }) => id === state.generatorId) ?? generators()[0])
  const source = computed(() => {
    if (!generator.value) return undefined
    const { id } = generator.value
    return { kind: 'drawn', generatorId: id, settings: state.settings[id] ?? {}, seed: state.seed } as const
  })
  return { state, generator, source }
}

export function usePreview(source: () => PromptSource | undefined) {
  const client = useClient()
  const state = usePromptsState()
  const selection = usePanelSelection()
  const runs = useRuns()
  const run = computed(() => (selection.runId.value === undefined ? undefined : runs.byId.get(selection.runId.value)))
  const query = useQuery(client.prompts.preview, () => {
    const wanted = source()
    if (!wanted) return undefined
    const { startToken, keepsSplit } = state
    const asked = { source: wanted, first: shownPrompts, startToken, keepsSplit }
    return state.tokenizer === 'run' && run.value ? { ...asked, tokenizer: { kind: 'run', runId: run.value.id } as const } : asked
  })
  return { ...query, run, state }
}
export type Preview = ReturnType<typeof usePreview>

/** How a set was drawn, in words. */
export function drawnText({ generatorId, settings, seed }: Extract<PromptSource, { kind: 'drawn' }>, generators: readonly Part[]): string {
  const part = generators.find(({ id }) => id === generatorId)
  const changed = Object.entries(settings).map(([key, value]) => `${part?.fields[key]?.title ?? key} ${value}`)
  return [part?.title ?? generatorId, `seed ${seed}`, ...changed].join(', ')
}
