import { keysOf, shownKeys, useCommands, type Command } from '@renderer/workbench/commands'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, test } from 'vitest'

beforeEach(() => {
  setActivePinia(createPinia())
  document.body.innerHTML = ''
})

const command = (id: string, keys: string, reason?: string): Command => ({
  id,
  title: id,
  keys,
  unavailable: () => reason,
  run: () => undefined,
})

/** What the pressed keys reach when `markup` has the focus. */
function reached(commands: readonly Command[], init: KeyboardEventInit, markup = '<div tabindex="-1"></div>'): string | undefined {
  const store = useCommands()
  store.provide(() => commands)
  document.body.innerHTML = markup
  const target = document.body.firstElementChild!
  let found: string | undefined
  target.addEventListener('keydown', (event) => (found = store.forKey(event as KeyboardEvent)?.id))
  target.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true }))
  return found
}

describe('keys', () => {
  test.each([
    [{ key: 'k', ctrlKey: true }, false, 'Mod+K'],
    [{ key: 'k', metaKey: true }, true, 'Mod+K'],
    [{ key: 'Z', ctrlKey: true, shiftKey: true }, false, 'Mod+Shift+Z'],
    [{ key: ' ' }, false, 'Space'],
    [{ key: 'ArrowLeft' }, false, 'ArrowLeft'],
  ])('%o is read as a command writes it', (init, apple, keys) => {
    expect(keysOf(new KeyboardEvent('keydown', init), apple)).toBe(keys)
  })

  test('are shown as the keyboard at hand prints them', () => {
    expect([shownKeys('Mod+Shift+Z', false), shownKeys('Mod+Shift+Z', true)]).toEqual([
      ['Ctrl', 'Shift', 'Z'],
      ['⌘', '⇧', 'Z'],
    ])
  })
})

describe('a key press', () => {
  const next = command('time.forward', 'ArrowRight')
  const palette = command('window.palette', 'Mod+K')

  test('reaches its command', () => {
    expect(reached([next, palette], { key: 'ArrowRight' })).toBe('time.forward')
  })

  test.each(['<input>', '<div role="slider" tabindex="0"></div>', '<div role="grid" tabindex="0"></div>', '<textarea></textarea>'])(
    'without a modifier belongs to %s when that has the focus',
    (markup) => {
      expect(reached([next], { key: 'ArrowRight' }, markup)).toBeUndefined()
    },
  )

  test('with a modifier reaches its command from a text field too', () => {
    expect(reached([palette], { key: 'k', ctrlKey: true }, '<input>')).toBe('window.palette')
  })

  test('does not reach a command that cannot be done now', () => {
    expect(reached([command('time.forward', 'ArrowRight', 'no checkpoint')], { key: 'ArrowRight' })).toBeUndefined()
  })
})
