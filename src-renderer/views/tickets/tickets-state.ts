/** What the person has chosen in the Tickets view; outlives its panels. */
import type { TicketArmState, TicketExperiment, TicketPlan } from '@contract/tickets'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { Measure } from './ticket-figures'

export const seriesChoices = [
  { value: 'accuracy.test', title: 'Test accuracy' },
  { value: 'accuracy.train', title: 'Train accuracy' },
  { value: 'loss.test', title: 'Test loss' },
  { value: 'weight-norm', title: 'Weight norm' },
] as const
export type SeriesId = (typeof seriesChoices)[number]['value']

/** One seed of the selected arm; the inspector reads it and asks for nothing again. */
export interface ShownArm {
  readonly experiment: TicketExperiment
  readonly arm: TicketArmState
  readonly seed: number
}

export const useTicketsState = defineStore('tickets', () => {
  const experimentId = ref<string>()
  const isPlanning = ref(false)
  const armId = ref<string>()
  const seed = ref<number>()
  const array = ref<string>()
  const series = ref<SeriesId>('accuracy.test')
  const measure = ref<Measure>('tau')
  const isLogStep = ref(true)
  /** Changes to the plan that a run starts with, by run. */
  const drafts = shallowRef<Readonly<Record<string, Partial<TicketPlan>>>>({})
  const shown = shallowRef<ShownArm>()

  function draft(runId: string, change: Partial<TicketPlan>): void {
    drafts.value = { ...drafts.value, [runId]: { ...drafts.value[runId], ...change } }
  }

  return { experimentId, isPlanning, armId, seed, array, series, measure, isLogStep, drafts, shown, draft }
})
