/** An experiment as it goes: its arms, their curves, and what the selected arm's mask keeps. */
import { computed, watch } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useStream } from '../../client/use-stream'
import { useProject } from '../../workbench/project'
import { usePanelSelection } from '../../workbench/selection'
import { useToasts } from '../../workbench/toasts'
import { maskedArms } from './ticket-figures'
import { useTicketsState } from './tickets-state'

export function useTickets() {
  const client = useClient()
  const state = useTicketsState()
  const selection = usePanelSelection()
  const project = useProject()
  const toasts = useToasts()
  const list = useQuery(client.tickets.list, () => ({}))
  watch(() => [project.key, state.experimentId], list.reload)

  const card = computed(() => {
    const all = list.data.value ?? []
    return all.find(({ id }) => id === state.experimentId) ?? all.find(({ runId }) => runId === selection.runId.value) ?? all[0]
  })
  const live = useStream(client.tickets.follow, () => card.value && { experimentId: card.value.id })
  const experiment = computed(() => (live.data.value?.id === card.value?.id ? live.data.value : undefined))
  const arms = computed(() => experiment.value?.arms ?? [])
  const curves = useQuery(client.tickets.curves, () => experiment.value && { experimentId: experiment.value.id, series: state.series })
  // Curves are asked for again when a training has come further.
  const progress = computed(() => arms.value.map(({ runs }) => runs.map(({ step, state: at }) => `${step}${at}`).join()).join(';'))
  watch(progress, (now, before) => void (before !== '' && now !== before && curves.reload()))

  const arm = computed(() => arms.value.find((one) => one.arm.id === state.armId) ?? arms.value.find((one) => one.arm.kind === 'ticket') ?? arms.value[0])
  const seeds = computed(() => experiment.value?.plan.seeds ?? [])
  const seed = computed(() => seeds.value.find((one) => one === state.seed) ?? seeds.value[0])
  const run = computed(() => arm.value?.runs.find((one) => one.seed === seed.value))
  const checkpoints = useQuery(client.runs.checkpoints, () => (run.value?.runId === undefined ? undefined : { runId: run.value.runId }))
  watch(() => run.value?.state, checkpoints.reload)
  const at = computed(() => {
    const last = checkpoints.data.value?.at(-1)
    return last && run.value?.runId !== undefined ? { runId: run.value.runId, step: last.step } : undefined
  })
  const maskId = computed(() => (arm.value?.arm.start?.use === 'mask' ? run.value?.maskId : undefined))
  const picture = useQuery(client.masks.picture, () =>
    at.value && { ...at.value, ...(maskId.value && { maskId: maskId.value }), ...(state.array && { array: state.array }) })
  const spectrum = useQuery(client.masks.spectrum, () =>
    at.value && maskId.value !== undefined ? { ...at.value, maskId: maskId.value } : undefined)
  const masked = computed(() => maskedArms(arms.value, seed.value).slice(0, 32))
  const overlap = useQuery(client.masks.overlap, () =>
    at.value && masked.value.length > 1 ? { ...at.value, maskIds: masked.value.map((one) => one.maskId) } : undefined)

  watch([experiment, arm, seed], ([now, chosen, chosenSeed]) => {
    state.shown = now && chosen && chosenSeed !== undefined ? { experiment: now, arm: chosen, seed: chosenSeed } : undefined
  }, { immediate: true })

  return {
    state, list, card, live, experiment, arms, arm, seed, seeds, run, curves, picture, spectrum, masked, overlap,
    resume: () => toasts.attempt(async () => void (await client.tickets.resume({ experimentId: card.value!.id }))),
    /** Its runs and masks stay. */
    forget: () =>
      toasts.attempt(async () => {
        await client.tickets.remove({ experimentId: card.value!.id })
        state.experimentId = undefined
        list.reload()
      }),
    cancel: () => toasts.attempt(async () => void (await client.jobs.cancel({ jobId: experiment.value!.jobId! }))),
  }
}
