/** Why a circuit method cannot run: no graph, a metric without a gradient or one that is flat at the clean run. */
import type { Network } from '../../models/network'
import { circuitGraph, type CircuitGraph } from './circuit-graph'
import type { CircuitPlan } from './circuit-recording'
import { notTransformer, transformerSettings } from './head-weights'
import { isPerceptron, perceptronGraph } from './perceptron-graph'

/** The graph that a plan's edges are numbered by. */
export function graphOfPlan(network: Network, { pairs, byPosition }: CircuitPlan): CircuitGraph {
  if (isPerceptron(network)) return perceptronGraph(network)
  return circuitGraph(transformerSettings(network), byPosition ? { positions: pairs.length } : {})
}

export function withoutGraph(network: Network): string | undefined {
  return isPerceptron(network) ? undefined : notTransformer(network)
}

export function withoutGradient(network: Network, plan?: CircuitPlan): string | undefined {
  if (plan?.metric === 'accuracy') return 'accuracy has no gradient; a differentiable metric is needed: logit-difference, probability, kl-divergence'
  return withoutGraph(network)
}

/** The divergence from the clean run is least at the clean run. */
export function withoutCleanGradient(network: Network, plan?: CircuitPlan): string | undefined {
  if (plan?.metric === 'kl-divergence') {
    return 'kl-divergence from the clean run has gradient zero there; logit-difference or probability, or integrated gradients, are needed'
  }
  return withoutGradient(network, plan)
}
