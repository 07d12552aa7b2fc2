import type { IconName } from './icons'

/** One line of a menu. A line with a `reason` is shown, cannot be chosen and says why. */
export interface MenuItem {
  readonly id: string
  readonly title: string
  readonly icon?: IconName
  readonly shortcut?: string
  readonly reason?: string | undefined
  readonly isChecked?: boolean
  readonly isDanger?: boolean
  /** Draws a line above. */
  readonly startsGroup?: boolean
}
