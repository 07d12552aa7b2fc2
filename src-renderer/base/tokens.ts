/** Reads theme tokens for drawing that CSS does not reach (canvas, exported pictures). */

export type ThemeName = 'light' | 'dark'
export type ReadToken = (name: string) => string

/** The half of a token's text that a theme shows: `light-dark(a, b)` is a or b, anything else is itself. */
export function tokenValue(text: string, theme: ThemeName): string {
  const pair = /^light-dark\(\s*([^,]+?)\s*,\s*([^,]+?)\s*\)$/.exec(text.trim())
  if (!pair) return text.trim()
  return theme === 'light' ? pair[1]! : pair[2]!
}

/**
 * Tokens of a style sheet's text, by name without dashes in front. For tests and for pages without style
 * sheets.
 */
export function tokensIn(css: string): ReadonlyMap<string, string> {
  const declared = css.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/--([\w-]+)\s*:\s*([^;]+);/g)
  const tokens = new Map<string, string>()
  // The first declaration counts: later ones stand in media queries.
  for (const [, name, value] of declared) if (!tokens.has(name!)) tokens.set(name!, value!.trim())
  return tokens
}

/** Which theme the window shows now: data-theme on the root element, or what the system prefers. */
export function shownTheme(root: HTMLElement = document.documentElement): ThemeName {
  const chosen = root.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: light)').matches
    ? 'light'
    : 'dark'
}

/** A reader of the root element's tokens, as `theme` shows them. */
export function tokenReader(theme: ThemeName, root: HTMLElement = document.documentElement): ReadToken {
  const style = getComputedStyle(root)
  return (name) => tokenValue(style.getPropertyValue(`--${name}`), theme)
}

/** Whether the person asked the system for less movement. */
export function prefersReducedMotion(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches
}
