/** Where the window was, kept in a small file of the user's; a file that says nonsense counts as none. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface WindowState {
  /** Absent until a position was chosen; the system then places the window. */
  readonly bounds?: Rectangle
  readonly isMaximized: boolean
}

/** The smallest window in which every panel still has room. */
export const minimumSize = { width: 960, height: 600 } as const
const freshState: WindowState = { isMaximized: false }
/** How much of a window has to lie on a screen to be found and dragged. */
const visiblePixels = 100

export function readWindowState(file: string): WindowState {
  try {
    const { bounds, isMaximized } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    const state = { isMaximized: isMaximized === true }
    return isRectangle(bounds) ? { ...state, bounds } : state
  } catch {
    return freshState // no file yet, or none of ours
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(state))
  renameSync(`${file}.new`, file)
}

/** The state without bounds that no screen shows any more. */
export function stateOnScreens(state: WindowState, screens: readonly Rectangle[]): WindowState {
  const { bounds, isMaximized } = state
  if (!bounds) return state
  const isVisible = screens.some((screen) => {
    const across = Math.min(bounds.x + bounds.width, screen.x + screen.width) - Math.max(bounds.x, screen.x)
    const hasTitle = bounds.y >= screen.y && bounds.y < screen.y + screen.height - visiblePixels
    return across >= visiblePixels && hasTitle
  })
  return isVisible ? state : { isMaximized }
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false
  const { x, y, width, height } = value as Record<string, unknown>
  const isWhole = [x, y, width, height].every((side) => Number.isSafeInteger(side))
  return isWhole && (width as number) >= minimumSize.width && (height as number) >= minimumSize.height
}
