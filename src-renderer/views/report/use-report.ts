import type { StoredReportItem } from '@contract/reports'
import { computed, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import { saveFile } from '../../charts/picture'
import { useClient } from '../../client/use-client'
import { wireErrorOf } from '@contract/client'
import type { WireError } from '@contract/rpc'
import { useProject } from '../../workbench/project'
import { useReport, useReportItems, type Report } from '../../workbench/report'
import { useStatus } from '../../workbench/status'
import { useToasts } from '../../workbench/toasts'

export const formats = ['html', 'json', 'markdown', 'pdf'] as const
export type Format = (typeof formats)[number]

export interface ReportView {
  readonly items: ComputedRef<readonly StoredReportItem[]>
  readonly title: Ref<string>
  readonly pending: Ref<boolean>
  readonly error: Ref<WireError | undefined>
  readonly exporting: Ref<Format | undefined>
  readonly report: Report
  /** Why a format cannot be made here; undefined when it can. */
  reasonAgainst(format: Format): string | undefined
  save(format: Format): Promise<void>
  reload(): Promise<void>
}

export function useReportView(): ReportView {
  const client = useClient()
  const store = useReportItems()
  const report = useReport()
  const project = useProject()
  const status = useStatus()
  const toasts = useToasts()
  const typedTitle = ref<string>()
  const pending = ref(false)
  const error = ref<WireError>()
  const exporting = ref<Format>()

  async function reload(): Promise<void> {
    pending.value = true
    error.value = undefined
    try {
      await report.load()
    } catch (thrown) {
      error.value = wireErrorOf(thrown)
    }
    pending.value = false
  }
  onMounted(reload)

  function reasonAgainst(format: Format): string | undefined {
    if (store.count === 0) return 'the report is empty'
    if (exporting.value) return 'an export is being made'
    if (format !== 'pdf' || status.shell?.abilities.pdf) return undefined
    return 'this shell cannot print; the HTML file prints from any browser'
  }

  return {
    items: computed(() => store.items),
    title: computed({ get: () => typedTitle.value ?? `${project.current?.name ?? 'Grokscope'} report`, set: (text) => (typedTitle.value = text) }),
    pending,
    error,
    exporting,
    report,
    reasonAgainst,
    reload,
    async save(format) {
      exporting.value = format
      await toasts.attempt(async () => {
        const title = typedTitle.value ?? `${project.current?.name ?? 'Grokscope'} report`
        const { fileName, mime, bytes } = await client.reports.export({ format, title })
        // A copy: the bytes may be a view into a larger message.
        saveFile({ name: fileName, blob: new Blob([bytes.slice()], { type: mime }) })
        toasts.say(`Exported ${fileName}`)
      })
      exporting.value = undefined
    },
  }
}
