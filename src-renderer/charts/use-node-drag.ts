/** A node under the hand: a press that does not move is a choice, one that moves takes the node along. */
import { shallowRef, type ShallowRef } from 'vue'
import type { Place } from './circuit-graph'

export interface HeldNode extends Place {
  readonly id: string
  readonly isMoved: boolean
}

/** Shorter ways are clicks with an unsteady hand. */
const leastPixels = 4

export interface NodeDragOptions {
  /** A place of the page inside the picture. */
  readonly within: (event: PointerEvent) => Place
  readonly onChosen: (id: string, isAdded: boolean) => void
  readonly onMoved: (id: string, at: Place) => void
}

export interface NodeDrag {
  readonly held: ShallowRef<HeldNode | undefined>
  hold(event: PointerEvent, id: string): void
  drag(event: PointerEvent): void
  release(event: PointerEvent): void
}

export function useNodeDrag({ within, onChosen, onMoved }: NodeDragOptions): NodeDrag {
  const held = shallowRef<HeldNode>()
  return {
    held,
    hold(event, id) {
      if (event.button !== 0) return
      held.value = { id, ...within(event), isMoved: false }
      ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    },
    drag(event) {
      if (!held.value) return
      const at = within(event)
      const isMoved = held.value.isMoved || Math.hypot(at.x - held.value.x, at.y - held.value.y) > leastPixels
      if (isMoved) held.value = { id: held.value.id, ...at, isMoved }
    },
    release(event) {
      const last = held.value
      held.value = undefined
      if (last?.isMoved) onMoved(last.id, { x: last.x, y: last.y })
      else if (last) onChosen(last.id, event.shiftKey || event.ctrlKey || event.metaKey)
    },
  }
}
