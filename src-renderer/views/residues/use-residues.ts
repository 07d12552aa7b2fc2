/** What the checkpoint a panel shows has learned of residues, with the key frequencies of its run's last checkpoint. */
import { computed } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { usePanelSelection } from '../../workbench/selection'
import { useResiduesState } from './residues-state'

export function useResidues() {
  const client = useClient()
  const selection = usePanelSelection()
  const state = useResiduesState()

  const checkpoints = useQuery(client.runs.checkpoints, () => (selection.runId.value === undefined ? undefined : { runId: selection.runId.value }))
  const last = useQuery(client.residues.progress, () => {
    const step = checkpoints.data.value?.at(-1)?.step
    return state.keys === 'last' && selection.runId.value !== undefined && step !== undefined ? { runId: selection.runId.value, step } : undefined
  })
  const progress = useQuery(client.residues.progress, () => {
    if (!selection.at.value) return undefined
    if (state.keys === 'own') return selection.at.value
    return last.data.value && { ...selection.at.value, freqs: [...last.data.value.freqs] }
  })
  const geometry = useQuery(client.residues.geometry, () => selection.at.value)
  const directions = useQuery(client.residues.directions, () =>
    selection.at.value ? { ...selection.at.value, ...(state.hook !== undefined && { hook: state.hook }) } : undefined,
  )
  /** Nothing can be said of this run, and why. */
  const unsuited = computed(() => {
    const failures = [progress.error.value ?? last.error.value, geometry.error.value, directions.error.value]
    return failures.every((failure) => failure?.code === 'MODEL_UNSUITABLE') ? failures[0]?.message : undefined
  })
  const progressError = computed(() => progress.error.value ?? last.error.value)
  return { selection, state, progress, progressError, geometry, directions, unsuited }
}
