/** The plan of a comparison on the selected run: what it starts as, what it comes to, and starting it. */
import type { TicketPlan } from '@contract/tickets'
import { computed } from 'vue'
import { useClient } from '../../client/use-client'
import { useQuery } from '../../client/use-query'
import { useRuns } from '../../workbench/runs'
import { usePanelSelection } from '../../workbench/selection'
import { useTimeline } from '../../workbench/timeline'
import { useToasts } from '../../workbench/toasts'
import { useTicketsState } from './tickets-state'

/** Everything the paper compares, at its sparsity. */
function firstPlan(runId: string, { name, steps }: { readonly name: string; readonly steps: number }): TicketPlan {
  return {
    runId,
    name: `Tickets of ${name}`.slice(0, 120),
    moments: [{ kind: 'event', event: 'generalized' }],
    scores: ['magnitude'],
    sparsities: [0.6],
    maskIds: [],
    controls: ['dense', 'l1-norm', 'l2-norm', 'memorized', 'transition', 'random', 'snip', 'grasp', 'synflow'],
    rewindStep: 0,
    seeds: [1, 2, 3],
    decays: ['as-trained'],
    threshold: 0.95,
    steps: Math.max(1, steps),
  }
}

export function usePlan() {
  const client = useClient()
  const state = useTicketsState()
  const runs = useRuns()
  const timeline = useTimeline()
  const toasts = useToasts()
  const selection = usePanelSelection()
  const run = computed(() => (selection.runId.value === undefined ? undefined : runs.byId.get(selection.runId.value)))
  const plan = computed((): TicketPlan | undefined => {
    if (!run.value) return undefined
    const { id, name, lastStep, spec } = run.value
    const first = firstPlan(id, { name, steps: lastStep })
    const seeds = first.seeds.includes(spec.seed) ? first.seeds : [spec.seed, ...first.seeds.slice(0, 2)]
    return { ...first, seeds, ...state.drafts[id] }
  })
  const costs = useQuery(client.tickets.plan, () => (state.isPlanning ? plan.value : undefined))
  const masks = useQuery(client.masks.list, () => (state.isPlanning && run.value ? { runId: run.value.id } : undefined))
  const complaint = computed(() => costs.data.value?.complaints[0])

  function change(part: Partial<TicketPlan>): void {
    if (run.value) state.draft(run.value.id, part)
  }

  async function start(): Promise<void> {
    const wanted = plan.value
    if (!wanted) return
    await toasts.attempt(async () => {
      const { experimentId } = await client.tickets.start(wanted)
      state.experimentId = experimentId
      state.isPlanning = false
      toasts.say(`Started “${wanted.name}”`)
    })
  }

  return { run, plan, costs, masks: masks.data, complaint, steps: computed(() => timeline.steps), step: selection.step, change, start }
}

export type Plan = ReturnType<typeof usePlan>
