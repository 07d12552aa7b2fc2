import { wireErrorOf } from '@contract/client'
import type { StreamMethod, WireError } from '@contract/rpc'
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Query } from './use-query'
import { useClientContext } from './use-client'

/** Streams opened closer together than this belong to a moving hand. */
const restMs = 120
/** So many in a row may still be single decisions, such as opening a panel and choosing in it. */
const deliberate = 2

/** A query whose answer goes on changing. */
export interface LiveQuery<E> extends Query<E> {
  /** Whether more events may come. */
  readonly isOpen: Readonly<Ref<boolean>>
}

/**
 * The newest event of a stream, and each event to `onEvent`, for streams whose every event counts.
 * New arguments end the open stream and open another; `data` keeps the last event until the first new one, and
 * `pending` says that it is being waited for. Undefined arguments mean nothing is wanted.
 *
 * A stream is often long work that would begin anew with every move of a dragging hand and keep the answers to shorter
 * questions waiting. So while arguments change quickly the next stream opens when they have come to rest.
 */
export function useStream<A, E>(
  method: StreamMethod<A, E>,
  args: () => A | undefined,
  onEvent?: (event: E) => void,
): LiveQuery<E> {
  const { generation } = useClientContext()
  const data = shallowRef<E>()
  const error = shallowRef<WireError>()
  const pending = ref(false)
  const isOpen = ref(false)
  let cancel: AbortController | undefined
  let resting: ReturnType<typeof setTimeout> | undefined
  let changedMs = -Infinity
  let quickChanges = 0

  async function follow(wanted: A): Promise<void> {
    const mine = new AbortController()
    cancel = mine
    pending.value = true
    isOpen.value = true
    const receive = (event: E): void => {
      if (mine.signal.aborted) return
      data.value = event
      error.value = undefined
      pending.value = false
      onEvent?.(event)
    }
    try {
      await method(wanted, receive, { signal: mine.signal })
    } catch (thrown) {
      const failure = wireErrorOf(thrown)
      if (!mine.signal.aborted && failure.code !== 'CONNECTION_CLOSED') error.value = failure
    }
    if (mine.signal.aborted) return
    pending.value = false
    isOpen.value = false
  }

  function restart(): void {
    cancel?.abort()
    clearTimeout(resting)
    const sinceMs = performance.now() - changedMs
    changedMs = performance.now()
    const wanted = args()
    if (wanted !== undefined) {
      pending.value = true
      quickChanges = sinceMs > restMs ? 0 : quickChanges + 1
      if (quickChanges <= deliberate) return void follow(wanted)
      resting = setTimeout(() => void follow(wanted), restMs)
      return
    }
    data.value = undefined
    error.value = undefined
    pending.value = false
    isOpen.value = false
  }

  watch([() => JSON.stringify(args()), generation], restart, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(resting)
    cancel?.abort()
  })
  return {
    data: shallowReadonly(data) as Readonly<ShallowRef<E | undefined>>,
    error: shallowReadonly(error) as Readonly<Ref<WireError | undefined>>,
    pending: readonly(pending),
    isOpen: readonly(isOpen),
    reload: restart,
  }
}
