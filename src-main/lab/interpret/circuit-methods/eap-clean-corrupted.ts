/**
 * Edge attribution patching with the gradient of both ends: the integral of EAP-IG (inputs) by its two end points.
 *
 *   score(s -> r) = mean over pairs of  (s' - s) · ½ ( d m / d input_r at the clean run + at the run of embeddings z' )
 *
 * Cost: two passes with their gradients. Source: the code beside arXiv:2403.17806, method "clean-corrupted".
 */
import { inputPoints, integrate } from '../components/attribution-integral'
import { withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'eap-clean-corrupted',
  title: 'EAP, clean and corrupted gradients',
  definition:
    'As EAP, with the mean of two gradients: at the clean run and at the run whose embeddings are what stands for the clean ' +
    'ones when ablated.',
  source: 'code beside arXiv:2403.17806 (clean-corrupted)',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'substitutes',
  fields: {},
  unsuitable: withoutGradient,
  run: (network, plan) => integrate(network, plan, (recording) => inputPoints(recording, [0, 1])),
})
