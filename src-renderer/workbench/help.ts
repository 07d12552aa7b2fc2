import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useLayout } from './layout'

/** Which page the help view shows: a name under resources/docs without suffix. */
export const useHelp = defineStore('help', () => {
  const page = ref('glossary')
  const layout = useLayout()

  function open(name: string): void {
    page.value = name
    layout.open('help')
  }

  /** The page of an error code. */
  function openError(code: string): void {
    open(`errors/${code}`)
  }

  return { page, open, openError }
})
