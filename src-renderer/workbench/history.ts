/**
 * Undo and redo of every change to a circuit, a mask, a report, a run's name. A change says how to do and undo itself;
 * one that fails to be undone leaves the history as it was and rejects.
 */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

export interface Change {
  /** What was done, as the menu says it after `Undo`: `remove run no weight decay`. */
  readonly label: string
  do(): void | Promise<void>
  undo(): void | Promise<void>
}

const longest = 200

export const useHistory = defineStore('history', () => {
  const done = shallowRef<readonly Change[]>([])
  const undone = shallowRef<readonly Change[]>([])
  // Changes happen one after another: undoing what is still being done would leave either in the middle.
  let last: Promise<void> = Promise.resolve()

  function inOrder(work: () => Promise<void>): Promise<void> {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  /** Does the change and remembers how to undo it. What was undone before can no longer be redone. */
  function perform(change: Change): Promise<void> {
    return inOrder(async () => {
      await change.do()
      done.value = [...done.value.slice(1 - longest), change]
      undone.value = []
    })
  }

  function undo(): Promise<void> {
    return inOrder(async () => {
      const change = done.value.at(-1)
      if (!change) return
      await change.undo()
      done.value = done.value.slice(0, -1)
      undone.value = [...undone.value, change]
    })
  }

  function redo(): Promise<void> {
    return inOrder(async () => {
      const change = undone.value.at(-1)
      if (!change) return
      await change.do()
      undone.value = undone.value.slice(0, -1)
      done.value = [...done.value, change]
    })
  }

  function clear(): void {
    done.value = []
    undone.value = []
  }

  return {
    undoLabel: computed(() => done.value.at(-1)?.label),
    redoLabel: computed(() => undone.value.at(-1)?.label),
    perform,
    undo,
    redo,
    clear,
  }
})
