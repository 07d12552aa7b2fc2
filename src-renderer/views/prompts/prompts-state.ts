/** What the person has set in the Prompts view; outlives its panels. */
import type { RunSpec } from '@contract/runs'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

type SettingValues = RunSpec['task']['settings']

export const usePromptsState = defineStore('prompts', () => {
  /** Whether a new set is being drawn, or a kept one looked at. */
  const isDrafting = ref(false)
  const generatorId = ref<string>()
  /** What was changed, by generator; the rest is at its default. */
  const settings = shallowRef<Readonly<Record<string, SettingValues>>>({})
  const seed = ref(1)
  const tokenizer = ref<'run' | 'none'>('run')
  const startToken = ref(false)
  const keepsSplit = ref(false)

  function change(generator: string, changed: SettingValues): void {
    settings.value = { ...settings.value, [generator]: { ...settings.value[generator], ...changed } }
  }

  return { isDrafting, generatorId, settings, seed, tokenizer, startToken, keepsSplit, change }
})
