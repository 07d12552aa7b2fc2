/**
 * An import being decided about: files on their way, then a draft that is checked after every change, then the card.
 *
 * The draft is what the person decided and lives here; the proposal is what the main process makes of it.
 */
import { wireErrorOf } from '@contract/client'
import type { ImportCard, ImportDraft, ImportProposal, ParameterParts } from '@contract/imports'
import type { WireError } from '@contract/rpc'
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import type { DroppedFile } from './dropped'
import { sendFiles } from './sending'

export type ImportPage = 'files' | 'mapping' | 'card'
type SettingValue = number | string | boolean

export interface Importing {
  readonly page: Readonly<Ref<ImportPage>>
  /** Of the bytes that have been sent. */
  readonly share: Readonly<Ref<number>>
  readonly draft: ComputedRef<ImportDraft | undefined>
  readonly proposal: ComputedRef<ImportProposal | undefined>
  readonly isRemembered: ComputedRef<boolean>
  readonly card: Readonly<Ref<ImportCard | undefined>>
  readonly error: ComputedRef<WireError | undefined>
  readonly pending: ComputedRef<boolean>
  readonly name: Ref<string>
  /** Why the present page cannot be left forwards; undefined when it can. */
  readonly reason: ComputedRef<string | undefined>
  change(change: Partial<ImportDraft>): void
  answer(key: string, value: SettingValue | undefined): void
  set(key: string, value: SettingValue | undefined): void
  /** Undefined takes the inferred source again. */
  map(parameter: string, parts: ParameterParts | undefined): void
  addFiles(files: readonly DroppedFile[]): Promise<void>
  go(page: 'mapping' | 'card'): void
  finish(): Promise<string>
}

export function useImport(files: readonly DroppedFile[]): Importing {
  const client = useClient()
  const ending = new AbortController()
  const page = ref<ImportPage>('files')
  const share = ref(0)
  const importId = ref<string>()
  /** How often files have come whole; nothing is asked before the first time. */
  const generation = ref(0)
  const failure = shallowRef<WireError>()
  const edited = shallowRef<ImportDraft>()
  const typedName = ref<string>()
  const isFinishing = ref(false)
  let isKept = false

  const sent = (): string | undefined => (generation.value > 0 ? importId.value : undefined)
  const opened = useQuery(client.imports.open, () => (sent() === undefined ? undefined : { importId: sent()! }))
  const checked = useQuery(client.imports.check, () =>
    sent() !== undefined && edited.value ? { importId: sent()!, draft: edited.value } : undefined)
  const draft = computed(() => edited.value ?? opened.data.value?.draft)
  const proposal = computed(() => (edited.value ? (checked.data.value ?? opened.data.value?.proposal) : opened.data.value?.proposal))
  const carded = useQuery(client.imports.card, () =>
    page.value === 'card' && sent() !== undefined && draft.value ? { importId: sent()!, draft: draft.value } : undefined)

  async function send(some: readonly DroppedFile[]): Promise<void> {
    failure.value = undefined
    try {
      importId.value ??= (await client.imports.begin({}, { signal: ending.signal })).importId
      await sendFiles(client, importId.value, { files: some, onShare: (done) => (share.value = done), signal: ending.signal })
      generation.value++
      // The same questions about other files.
      if (generation.value > 1) for (const query of [opened, checked, carded]) query.reload()
    } catch (thrown) {
      if (!ending.signal.aborted) failure.value = wireErrorOf(thrown)
    }
  }
  void send(files)
  watch(opened.data, (answer) => {
    if (answer && page.value === 'files') page.value = 'mapping'
  })
  onScopeDispose(() => {
    ending.abort()
    const id = importId.value
    // The main process has let go of the files of an import that was finished.
    if (id !== undefined && !isKept) client.imports.discard({ importId: id }).catch(() => undefined)
  })

  const put = (change: Partial<ImportDraft>): void => void (draft.value && (edited.value = { ...draft.value, ...change }))
  const merged = <T>(record: Readonly<Record<string, T>>, key: string, value: T | undefined): Record<string, T> => {
    const { [key]: _old, ...others } = record
    return value === undefined ? others : { ...others, [key]: value }
  }
  const error = computed(() => failure.value ?? opened.error.value ?? checked.error.value ?? (page.value === 'card' ? carded.error.value : undefined))
  return {
    page,
    share,
    draft,
    proposal,
    isRemembered: computed(() => opened.data.value?.isRemembered ?? false),
    card: carded.data,
    error,
    pending: computed(() => checked.pending.value || carded.pending.value || opened.pending.value),
    name: computed({ get: () => typedName.value ?? proposal.value?.name ?? '', set: (text) => (typedName.value = text) }),
    reason: computed(() => {
      if (error.value) return error.value.message
      if (isFinishing.value) return 'the run is being written'
      if (!proposal.value) return 'the files are being read'
      const [problem] = proposal.value.problems
      if (problem !== undefined) return problem
      if (checked.pending.value) return 'the changes are being checked'
      return page.value === 'card' && !carded.data.value ? 'the network is being made' : undefined
    }),
    change: put,
    answer: (key, value) => put({ answers: merged(draft.value?.answers ?? {}, key, value) }),
    set: (key, value) => put({ settings: merged(draft.value?.settings ?? {}, key, value) }),
    map: (parameter, parts) => put({ parameters: merged(draft.value?.parameters ?? {}, parameter, parts) }),
    addFiles: send,
    go: (to) => void (page.value = to),
    async finish() {
      isFinishing.value = true
      try {
        const name = typedName.value?.trim() || proposal.value!.name
        const { runId } = await client.imports.finish({ importId: importId.value!, draft: draft.value!, name }, { signal: ending.signal })
        isKept = true
        return runId
      } finally {
        isFinishing.value = false
      }
    },
  }
}
