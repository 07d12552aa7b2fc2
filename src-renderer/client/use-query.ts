/**
 * The one way a view asks for something.
 *
 *   const { data, error, pending } = useQuery(client.interpret.neurons, () => selection.at.value)
 *
 * 1. `args` is watched; equal arguments (as JSON) ask once. Undefined arguments mean nothing is wanted, and clear `data`.
 * 2. Only one question is open. A newer wish replaces whatever waits, so that a hand that drags is followed and not
 *    trailed by a queue.
 * 3. An overtaken question may still answer for `graceMs` and is then cancelled: cancelling at once would leave a fast
 *    hand with no picture at all until it rests.
 * 4. `data` keeps the last answer while the next is pending and after an error.
 */
import { wireErrorOf } from '@contract/client'
import type { CallMethod, WireError } from '@contract/rpc'
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { useClientContext } from './use-client'

export interface Query<R> {
  readonly data: Readonly<ShallowRef<R | undefined>>
  readonly error: Readonly<Ref<WireError | undefined>>
  readonly pending: Readonly<Ref<boolean>>
  /** Asks again with the same arguments. */
  reload(): void
}

/** How long an overtaken question may still answer. */
const graceMs = 120

interface Wish<A> {
  readonly args: A
}

export function useQuery<A, R>(method: CallMethod<A, R>, args: () => A | undefined): Query<R> {
  const { generation } = useClientContext()
  const data = shallowRef<R>()
  const error = shallowRef<WireError>()
  const pending = ref(false)
  let open: { readonly cancel: AbortController; readonly since: number } | undefined
  let next: Wish<A> | undefined

  async function ask(wish: Wish<A>): Promise<void> {
    const cancel = new AbortController()
    open = { cancel, since: performance.now() }
    pending.value = true
    try {
      const answer = await method(wish.args, { signal: cancel.signal })
      if (cancel.signal.aborted) return
      data.value = answer
      error.value = undefined
    } catch (thrown) {
      const failure = wireErrorOf(thrown)
      // A closed connection is shown once for the whole window, and the question is asked again when it is back.
      if (!cancel.signal.aborted && !next && failure.code !== 'CONNECTION_CLOSED') error.value = failure
    } finally {
      if (open?.cancel === cancel) follow()
    }
  }

  function follow(): void {
    open = undefined
    const wish = next
    next = undefined
    if (wish) void ask(wish)
    else pending.value = false
  }

  function want(wanted: A | undefined): void {
    if (wanted === undefined) return clear()
    if (!open) return void ask({ args: wanted })
    next = { args: wanted }
    const { cancel, since } = open
    const expire = (): void => {
      if (open?.cancel !== cancel || !next) return
      cancel.abort()
      follow()
    }
    const leftMs = graceMs - (performance.now() - since)
    if (leftMs <= 0) expire()
    else setTimeout(expire, leftMs)
  }

  function clear(): void {
    next = undefined
    open?.cancel.abort()
    open = undefined
    data.value = undefined
    error.value = undefined
    pending.value = false
  }

  watch([() => JSON.stringify(args()), generation], () => want(args()), { immediate: true })
  onScopeDispose(clear)
  return {
    data: shallowReadonly(data) as Readonly<ShallowRef<R | undefined>>,
    error: shallowReadonly(error) as Readonly<Ref<WireError | undefined>>,
    pending: readonly(pending),
    reload: () => want(args()),
  }
}
