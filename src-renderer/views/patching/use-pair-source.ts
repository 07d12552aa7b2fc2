/** Where the pairs come from: examples of the run's own task, or a prompt set of the project in the run's tokens. */
import type { PairSource } from '@contract/patching'
import type { PromptSetCard, TokenizedPrompts } from '@contract/prompts'
import { computed, watch } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { usePromptSetList, usePromptSets } from '../../workbench/prompt-sets'
import { usePanelSelection } from '../../workbench/selection'
import { usePatchingState } from './patching-state'

export function usePairSource() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = usePatchingState()

  const offer = usePromptSets()
  watch(
    () => offer.offeredId,
    (promptSetId) => {
      if (promptSetId === undefined) return
      state.choose({ promptSetId })
      offer.offeredId = undefined
    },
    { immediate: true },
  )
  const listed = usePromptSetList(() => selection.at.value !== undefined)
  /** Sets whose prompts have corrupted partners. */
  const sets = computed((): readonly PromptSetCard[] => (listed.data.value ?? []).filter(({ isPaired }) => isPaired))
  const set = computed(() => sets.value.find(({ id }) => id === state.terms.promptSetId))
  const tokenized = useQuery(client.prompts.tokenize, () => {
    if (!set.value || selection.runId.value === undefined) return undefined
    return {
      source: { kind: 'stored', promptSetId: set.value.id } as const,
      tokenizer: { kind: 'run', runId: selection.runId.value } as const,
      startToken: state.terms.startToken,
      keepsSplit: false,
    }
  })
  const source = computed((): PairSource | undefined => {
    const { split, count, seed } = state.terms
    if (!set.value) return { kind: 'task', split, count, seed }
    // The last answer is kept while the next is waited for; it is of another set.
    if (tokenized.pending.value || tokenized.error.value || !tokenized.data.value) return undefined
    return givenPairs(set.value.name, tokenized.data.value.tokens)
  })
  /** What a person reads for tokens of the set; the task's own words without one. */
  const texts = computed(() => (set.value ? tokenized.data.value?.texts : undefined))
  return { sets, source, texts, error: tokenized.error, reload: tokenized.reload }
}

/** Tokenized prompts as patching takes them; undefined for a set without corrupted prompts. */
export function givenPairs(title: string, tokens: TokenizedPrompts): PairSource | undefined {
  const { clean, corrupted, mask, answerPos, answers, wrong } = tokens
  return corrupted && { kind: 'given', title, clean, corrupted, mask, answerPos, answers, wrong }
}
