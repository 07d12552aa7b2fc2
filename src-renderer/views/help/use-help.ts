import type { WireError } from '@contract/rpc'
import { computed, type ComputedRef, type Ref } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useHelp } from '../../workbench/help'
import { pageHtml } from './markdown'

export interface PageGroup {
  readonly title: string
  readonly pages: readonly { readonly name: string; readonly title: string }[]
}

export interface HelpPages {
  readonly groups: ComputedRef<readonly PageGroup[]>
  readonly html: ComputedRef<string | undefined>
  readonly name: Readonly<Ref<string>>
  readonly pending: Readonly<Ref<boolean>>
  readonly error: ComputedRef<WireError | undefined>
  open(name: string): void
  reload(): void
}

const folderTitles: Readonly<Record<string, string>> = { '': 'Pages', errors: 'Error codes', decisions: 'Decisions' }

export function useHelpPages(): HelpPages {
  const client = useClient()
  const help = useHelp()
  const pages = useQuery(client.system.pages, () => ({}))
  const page = useQuery(client.system.page, () => ({ name: help.page }))
  const groups = computed(() => {
    const folders = new Map<string, { name: string; title: string }[]>()
    for (const { name, title } of pages.data.value ?? []) {
      const folder = name.includes('/') ? name.split('/')[0]! : ''
      folders.set(folder, [...(folders.get(folder) ?? []), { name, title }])
    }
    return [...folders].map(([folder, found]) => ({ title: folderTitles[folder] ?? folder, pages: found }))
  })
  return {
    groups,
    html: computed(() => page.data.value && pageHtml(page.data.value.markdown, help.page)),
    name: computed(() => help.page),
    pending: page.pending,
    error: computed(() => page.error.value ?? pages.error.value),
    open: (name) => (help.page = name),
    reload() {
      pages.reload()
      page.reload()
    },
  }
}
