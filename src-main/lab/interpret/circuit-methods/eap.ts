/**
 * Edge attribution patching: every edge's effect to first order, from gradients of the metric at what each reader reads.
 *
 *   score(s -> r) = mean over pairs of  (s' - s) · d m / d input_r   at the clean run
 *
 * Exact where the metric is linear in what the reader reads: without a norm, every edge into the logits for the logit
 * difference. Cost: two forward passes and one with its gradient, whatever the number of edges.
 * Source: arXiv:2310.10348 eq. 2.
 */
import { inputPoints, integrate } from '../components/attribution-integral'
import { withoutCleanGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'eap',
  title: 'Edge attribution patching',
  definition:
    'First-order estimate of exact edge patching: the mean over pairs of (substitute − write) · ∂m/∂(what the reader reads), ' +
    'the gradient taken at the clean run.',
  source: 'arXiv:2310.10348 eq. 2',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'substitutes',
  fields: {},
  unsuitable: withoutCleanGradient,
  run: (network, plan) => integrate(network, plan, (recording) => inputPoints(recording, [1])),
})
