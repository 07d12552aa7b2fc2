/** What the person has chosen to see in the Residues view; outlives its panels. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Whose key frequencies losses are measured with. */
export type KeySource = 'last' | 'own'

export const useResiduesState = defineStore('residues', () => {
  const keys = ref<KeySource>('last')
  /** The first of the two principal components that are drawn against each other. */
  const plane = ref<'0' | '2'>('0')
  /** Hook point whose directions are counted; the last if undefined. */
  const hook = ref<string>()
  return { keys, plane, hook }
})
