/**
 * A connected circuit of a wanted size by the scores of another method, grown backwards from the answer.
 *
 * 1. Score every edge.
 * 2. Of the edges into what is reached so far (at first the answer) take the one of largest |score|; what it comes from
 *    is then reached. Repeat until the size is reached.
 * 3. Drop what no input reaches.
 *
 * Source: arXiv:2403.17806 §3.
 */
import { choice, integer, number } from '../../../base/settings'
import { inputPoints, integrate, sharesOf } from '../components/attribution-integral'
import { selectCircuit } from '../components/circuit-selection'
import { graphOfPlan, withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'
import exactEdges from './exact-edges'

export default defineCircuitMethod({
  id: 'greedy',
  title: 'Greedy growth from the answer',
  definition:
    'Backwards from the answer, always the edge of largest |score| into what is reached, up to a share of all edges; then ' +
    'without those that no input reaches. Scores are those of EAP-IG (inputs) or exact edge patching.',
  source: 'arXiv:2403.17806 §3',
  isExact: false,
  gives: 'circuit',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    share: number({ title: 'Share of edges', help: 'Largest size of the circuit, of all edges.', default: 0.2, min: 0, max: 1 }),
    by: choice({
      title: 'Scores',
      help: 'What edges are taken by: estimates in a few passes, or exact effects in a pass an edge.',
      choices: ['eap-ig', 'exact-edges'],
      default: 'eap-ig',
    }),
    steps: integer({ title: 'Points', help: 'Points of EAP-IG’s integral.', default: 5, min: 1, max: 1000 }),
  },
  unsuitable: (network, plan) => withoutGradient(network, plan),
  *run(network, plan, { share, by, steps }) {
    const graph = graphOfPlan(network, plan)
    const scored = by === 'exact-edges' ? exactEdges.run(network, plan, {}) : integrate(network, plan, (recording) => inputPoints(recording, sharesOf(steps)))
    const finding = yield* scored
    const kept = selectCircuit(graph, 'greedy', { scores: finding.scores, count: Math.round(share * graph.edgeCount) })
    return { ...finding, kept }
  },
})
