/** Why a circuit method cannot run: no graph, a metric without a gradient or one that is flat at the clean run. */
import type { Network } from '../../models/network'
import { circuitGraph, type CircuitGraph } from './circuit-graph'
import type { CircuitPlan } from './circuit-recording'
import { notTransformer, transformerSettings } from './head-weights'
import { mostLearnedWriters } from './optimal-constants'
import { graphOf, isPerceptron } from './perceptron-graph'

/** Numbers that the writes of a recording may take, three times over: 128 MiB each. */
const mostWritten = 2 ** 25
/** A million; 32 times those of twelve layers of twelve heads. */
const mostEdges = 2 ** 20

/** The graph that a plan's edges are numbered by. */
export function graphOfPlan(network: Network, { pairs, byPosition, neurons }: CircuitPlan): CircuitGraph {
  if (isPerceptron(network) || (!byPosition && !neurons)) return graphOf(network)
  return circuitGraph(transformerSettings(network), { ...(byPosition && { positions: pairs.length }), ...(neurons && { neurons }) })
}

export function withoutGraph(network: Network, plan?: CircuitPlan): string | undefined {
  if (isPerceptron(network)) {
    return plan?.ablation === 'optimal' ? 'optimal constants are learned for transformers; a perceptron’s edges carry one number each' : undefined
  }
  return notTransformer(network) ?? (plan && tooLarge(network, plan))
}

function tooLarge(network: Network, plan: CircuitPlan): string | undefined {
  const { edgeCount, writers } = graphOfPlan(network, plan)
  const isFine = plan.byPosition || plan.neurons
  if (isFine && edgeCount > mostEdges) return `the graph has ${edgeCount} edges, by position or with neurons; at most ${mostEdges} are numbered`
  const { pairs } = plan
  const written = writers.length * pairs.count * pairs.length * transformerSettings(network).d_model
  if (plan.neurons && written > mostWritten) {
    return `${writers.length} writers on ${pairs.count} pairs of ${pairs.length} positions write ${written} numbers; with neurons at most ${mostWritten} are held`
  }
  if (plan.ablation !== 'optimal' || writers.length <= mostLearnedWriters) return undefined
  return `optimal constants are learned for at most ${mostLearnedWriters} writers; this network has ${writers.length}; mean is their start`
}

export function withoutGradient(network: Network, plan?: CircuitPlan): string | undefined {
  if (plan?.metric === 'accuracy') return 'accuracy has no gradient; a differentiable metric is needed: logit-difference, probability, kl-divergence'
  return withoutGraph(network, plan)
}

/** The divergence from the clean run is least at the clean run. */
export function withoutCleanGradient(network: Network, plan?: CircuitPlan): string | undefined {
  if (plan?.metric === 'kl-divergence') {
    return 'kl-divergence from the clean run has gradient zero there; logit-difference or probability, or integrated gradients, are needed'
  }
  return withoutGradient(network, plan)
}
