import type { Disposable } from './disposable'

export type Listener<T> = (value: T) => void

/** A source of values with any number of listeners. Listeners run in order of arrival; one that throws stops the rest. */
export interface Emitter<T> extends Disposable {
  emit(value: T): void
  on(listener: Listener<T>): Disposable
}

export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<Listener<T>>()
  return {
    emit(value) {
      // A copy, so that a listener may remove itself while being called.
      for (const listener of [...listeners]) listener(value)
    },
    on(listener) {
      listeners.add(listener)
      return { dispose: () => void listeners.delete(listener) }
    },
    dispose() {
      listeners.clear()
    },
  }
}
