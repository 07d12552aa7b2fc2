import { wireErrorOf } from '@contract/client'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Toast {
  readonly id: number
  readonly tone: 'plain' | 'danger'
  readonly text: string
  /** Code of a failure; opens its help page. */
  readonly code?: string
  readonly action?: { readonly title: string; run(): void }
}

/** Short statements about what just happened; errors stay until dismissed, others for six seconds. */
export const useToasts = defineStore('toasts', () => {
  const shown = ref<readonly Toast[]>([])
  let lastId = 0

  function show(toast: Omit<Toast, 'id'>): void {
    const id = ++lastId
    shown.value = [...shown.value.slice(-3), { ...toast, id }]
    if (toast.tone === 'plain') setTimeout(() => dismiss(id), 6000)
  }

  function say(text: string, action?: Toast['action']): void {
    show({ tone: 'plain', text, ...(action && { action }) })
  }

  /** Shows a failure, unless it is somebody's own cancellation. */
  function fail(thrown: unknown): void {
    const { code, message } = wireErrorOf(thrown)
    if (code !== 'CANCELLED') show({ tone: 'danger', text: message, code })
  }

  /** Runs work whose failure is shown and has no other consequence. */
  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      fail(thrown)
    }
  }

  function dismiss(id: number): void {
    shown.value = shown.value.filter((toast) => toast.id !== id)
  }

  return { shown, say, fail, attempt, dismiss }
})
