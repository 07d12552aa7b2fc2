/** Short statements about what just happened. Errors stay until dismissed and lead to their help page. */
import { wireErrorOf } from '@contract/client'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

/** As widgets/Toast.vue draws it. */
export interface ToastMessage {
  readonly id: string
  readonly title: string
  readonly text?: string
  readonly tone?: 'plain' | 'ok' | 'danger'
  readonly action?: string
}

export interface ToastAction {
  readonly title: string
  run(): void
}

interface Shown {
  readonly message: ToastMessage
  readonly run?: (() => void) | undefined
}

/** More than this many at once are not read; the oldest leaves. */
const most = 4

export const useToasts = defineStore('toasts', () => {
  const shown = shallowRef<readonly Shown[]>([])
  const openHelp = shallowRef<(code: string) => void>(() => undefined)
  let lastId = 0

  function show(message: Omit<ToastMessage, 'id'>, run?: () => void): void {
    shown.value = [...shown.value.slice(1 - most), { message: { ...message, id: String(++lastId) }, run }]
  }

  function say(text: string, action?: ToastAction): void {
    show({ title: text, ...(action && { action: action.title }) }, action?.run)
  }

  /** Shows a failure, unless it is somebody's own cancellation. */
  function fail(thrown: unknown): void {
    const { code, message } = wireErrorOf(thrown)
    if (code === 'CANCELLED') return
    show({ title: message, text: code, tone: 'danger', action: 'What to do' }, () => openHelp.value(code))
  }

  /** Runs work whose failure is shown and has no other consequence. */
  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      fail(thrown)
    }
  }

  function dismiss(id: string): void {
    shown.value = shown.value.filter(({ message }) => message.id !== id)
  }

  function act(id: string): void {
    shown.value.find(({ message }) => message.id === id)?.run?.()
    dismiss(id)
  }

  return { shown, openHelp, say, fail, attempt, dismiss, act }
})
