/**
 * Everything that can be done from the keyboard, by name. The palette lists commands; each shows its keys.
 *
 * Keys are written `Mod+Shift+Z`: Mod is Command on Apple keyboards and Control elsewhere. A combination with Mod, Alt
 * or a function key works everywhere; a bare key (`Space`, `ArrowLeft`) only where the focused element has no use for it.
 */
import { defineStore } from 'pinia'
import { computed, getCurrentScope, onScopeDispose, shallowRef } from 'vue'

export interface Command {
  /** `area.verb`, unique. */
  readonly id: string
  /** Sentence case, begins with a verb: `Open the neurons view`. */
  readonly title: string
  readonly keys?: string
  /** Other keys that do the same and are not shown. */
  readonly alsoKeys?: readonly string[]
  /** Why it cannot be done now; undefined when it can. */
  readonly unavailable?: () => string | undefined
  run(): void | Promise<void>
}

export const useCommands = defineStore('commands', () => {
  const sources = shallowRef<readonly (() => readonly Command[])[]>([])
  const all = computed(() => sources.value.flatMap((source) => source()))

  /** Adds commands for the life of the calling component. `source` is reactive: commands may come and go. */
  function provide(source: () => readonly Command[]): void {
    sources.value = [...sources.value, source]
    if (getCurrentScope()) onScopeDispose(() => void (sources.value = sources.value.filter((s) => s !== source)))
  }

  function find(id: string): Command | undefined {
    return all.value.find((command) => command.id === id)
  }

  async function run(id: string): Promise<void> {
    const command = find(id)
    if (command && command.unavailable?.() === undefined) await command.run()
  }

  function forKey(event: KeyboardEvent): Command | undefined {
    const pressed = keysOf(event)
    const wanted = (command: Command): boolean =>
      command.keys === pressed || (command.alsoKeys?.includes(pressed) ?? false)
    if (isBare(event) && isTakenByFocus(event)) return undefined
    return all.value.find((command) => wanted(command) && command.unavailable?.() === undefined)
  }

  return { all, provide, find, run, forKey }
})

const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

/** The keys of an event in the form commands write them. */
export function keysOf(event: KeyboardEvent, apple = isApple()): string {
  const name = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key
  const parts = [
    (apple ? event.metaKey : event.ctrlKey) && 'Mod',
    apple && event.ctrlKey && 'Ctrl',
    event.altKey && 'Alt',
    event.shiftKey && 'Shift',
    name,
  ]
  return parts.filter(Boolean).join('+')
}

/** Keys as they are printed on the keyboard at hand: `Ctrl Shift Z`, `⌘ ⇧ Z`. */
export function shownKeys(keys: string, apple = isApple()): readonly string[] {
  const printed: Record<string, string> = {
    Mod: apple ? '⌘' : 'Ctrl',
    Shift: apple ? '⇧' : 'Shift',
    Alt: apple ? '⌥' : 'Alt',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
  }
  return keys.split('+').map((part) => printed[part] ?? part)
}

const isBare = ({ ctrlKey, metaKey, altKey, key }: KeyboardEvent): boolean =>
  !ctrlKey && !metaKey && !altKey && !/^F\d+$/.test(key)

const usesKeys = [
  'input, textarea, select, button, a[href], summary, [contenteditable]',
  ...['slider', 'grid', 'listbox', 'menu', 'menubar', 'tab', 'tablist', 'tree', 'treegrid', 'dialog', 'radiogroup'].map(
    (role) => `[role=${role}]`,
  ),
].join(', ')

function isTakenByFocus({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest(usesKeys) !== null
}
