import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'

export const themeChoices = ['system', 'dark', 'light'] as const
export type ThemeChoice = (typeof themeChoices)[number]

const storageKey = 'grokscope-theme'

/** The chosen theme. Kept by the browser too, so that the window opens in it before anything is loaded. */
export const useTheme = defineStore('theme', () => {
  const kept = localStorage.getItem(storageKey) as ThemeChoice | null
  const choice = ref<ThemeChoice>(kept && themeChoices.includes(kept) ? kept : 'system')

  watchEffect(
    () => {
      if (choice.value === 'system') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = choice.value
      localStorage.setItem(storageKey, choice.value)
    },
    { flush: 'sync' },
  )

  function next(): void {
    choice.value = themeChoices[(themeChoices.indexOf(choice.value) + 1) % themeChoices.length]!
  }
  return { choice, next }
})
