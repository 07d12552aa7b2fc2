/**
 * Node attribution patching: every writer's effect to first order, integrated over inputs.
 *
 *   score(s) = mean over pairs of  (s' - s) · 1/m Σ_k d m / d s   at embeddings z' + (k / m)(z - z'), k = 1 .. m
 *            = sum over readers r of the EAP-IG score of s -> r
 *
 * The second line is how it is computed: what a write does, it does through what is read of it.
 * Source: Nanda, "Attribution patching", 2023; arXiv:2403.17806 eq. 4 with nodes; arXiv:2504.13151 §3.
 */
import { integer } from '../../../base/settings'
import { inputPoints, integrate, sharesOf } from '../components/attribution-integral'
import { findingOf } from '../components/circuit-examples'
import { edgesFrom, nodeCount } from '../components/circuit-graph'
import { graphOfPlan, withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'node-attribution',
  title: 'Node attribution patching',
  definition:
    'First-order estimate of exact node patching: (substitute − write) · ∂m/∂write, mean over pairs, the gradient averaged ' +
    'over m runs between what stands for the embeddings and the clean ones. Equals the sum of a writer’s EAP-IG scores.',
  source: 'Nanda 2023, attribution patching; arXiv:2403.17806 eq. 4',
  isExact: false,
  gives: 'scores',
  over: 'nodes',
  reads: 'substitutes',
  fields: {
    steps: integer({
      title: 'Points',
      help: 'Points of the integral; 1 takes the gradient at the clean run alone, which is zero for the KL divergence from it.',
      default: 5,
      min: 1,
      max: 1000,
    }),
  },
  unsuitable: withoutGradient,
  *run(network, plan, { steps }) {
    const graph = graphOfPlan(network, plan)
    const { count } = plan.pairs
    const from = edgesFrom(graph)
    const nodes = nodeCount(graph)
    const scores = new Float64Array(nodes).fill(NaN)
    const integral = integrate(network, plan, (recording) => inputPoints(recording, sharesOf(steps)))
    try {
      for (;;) {
        const step = integral.next()
        if (!step.done) {
          from.forEach((edges, node) => void (scores[node] = edges.reduce((sum, edge) => sum + step.value.scores[edge]!, 0)))
          yield { scores, done: step.value.done, total: step.value.total }
          continue
        }
        const { scores: ofEdges, examples } = step.value
        if (!examples) return { scores }
        const perNode = new Float32Array(count * nodes)
        for (let pair = 0; pair < count; pair++) {
          from.forEach((edges, node) => {
            perNode[pair * nodes + node] = edges.reduce((sum, edge) => sum + examples[pair * ofEdges.length + edge]!, 0)
          })
        }
        return findingOf(perNode, count)
      }
    } finally {
      integral.return(undefined as never)
    }
  },
})
