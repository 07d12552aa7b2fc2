import { defineStore } from 'pinia'
import { ref } from 'vue'
import { clamp } from '../base/geometry'

/** Pixels; a pane narrower than the least has no room for its numbers. */
const least = 180
const most = 520
/** Windows narrower than this begin with narrower panes, so that two charts stand side by side between them. */
const narrowWindow = 1500

/** The window's fixed panes on either side of the dock, and the dialogue that is open. */
export const useFrame = defineStore('frame', () => {
  const isNarrow = window.innerWidth < narrowWindow
  const libraryWidth = ref(isNarrow ? 220 : 264)
  const inspectorWidth = ref(isNarrow ? 244 : 288)
  const isLibraryOpen = ref(true)
  const isInspectorOpen = ref(true)
  const dialogue = ref<'palette' | 'newRun' | 'system' | 'layouts' | undefined>()
  /** A run whose settings the new-run dialogue starts from. */
  const likeRunId = ref<string>()

  function resize(pane: 'library' | 'inspector', width: number): void {
    const bounded = clamp(Math.round(width), least, most)
    if (pane === 'library') libraryWidth.value = bounded
    else inspectorWidth.value = bounded
  }

  function openNewRun(like?: string): void {
    likeRunId.value = like
    dialogue.value = 'newRun'
  }

  return { libraryWidth, inspectorWidth, isLibraryOpen, isInspectorOpen, dialogue, likeRunId, resize, openNewRun }
})
