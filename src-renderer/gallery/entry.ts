import type { VNodeChild } from 'vue'

/** One widget or chart in each of its states. `name` is the component's file stem. */
export interface GalleryEntry {
  readonly name: string
  /** Height of each state's box; what the component takes without. */
  readonly height?: number
  readonly isWide?: boolean
  readonly states: Readonly<Record<string, () => VNodeChild>>
}
