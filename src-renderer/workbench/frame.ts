import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { clamp } from '../base/geometry'
import type { DroppedFile } from './import/dropped'

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
  const dialogue = ref<'palette' | 'newRun' | 'system' | 'layouts' | 'import' | 'copy' | undefined>()
  /** A run whose settings the new-run dialogue starts from. */
  const likeRunId = ref<string>()
  /** What the import dialogue is about. */
  const importedFiles = shallowRef<readonly DroppedFile[]>([])

  function resize(pane: 'library' | 'inspector', width: number): void {
    const bounded = clamp(Math.round(width), least, most)
    if (pane === 'library') libraryWidth.value = bounded
    else inspectorWidth.value = bounded
  }

  function openNewRun(like?: string): void {
    likeRunId.value = like
    dialogue.value = 'newRun'
  }

  function openImport(files: readonly DroppedFile[]): void {
    importedFiles.value = files
    dialogue.value = 'import'
  }

  return { libraryWidth, inspectorWidth, isLibraryOpen, isInspectorOpen, dialogue, likeRunId, importedFiles, resize, openNewRun, openImport }
})
