import { wireErrorOf } from '@contract/client'
import type { StreamMethod, WireError } from '@contract/rpc'
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Query } from './use-query'
import { useClientContext } from './use-client'

/** A query whose answer goes on changing. */
export interface LiveQuery<E> extends Query<E> {
  /** Whether more events may come. */
  readonly isOpen: Readonly<Ref<boolean>>
}

/**
 * The newest event of a stream, and each event to `onEvent`, for streams whose every event counts.
 * New arguments end the open stream and open another; `data` keeps the last event until the first new one, and
 * `pending` says that it is being waited for. Undefined arguments mean nothing is wanted.
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
    const wanted = args()
    if (wanted !== undefined) return void follow(wanted)
    data.value = undefined
    error.value = undefined
    pending.value = false
    isOpen.value = false
  }

  watch([() => JSON.stringify(args()), generation], restart, { immediate: true })
  onScopeDispose(() => cancel?.abort())
  return {
    data: shallowReadonly(data) as Readonly<ShallowRef<E | undefined>>,
    error: shallowReadonly(error) as Readonly<Ref<WireError | undefined>>,
    pending: readonly(pending),
    isOpen: readonly(isOpen),
    reload: restart,
  }
}
