/**
 * Edge attribution patching with integrated gradients, over activations.
 *
 *   score(s -> r) = mean over pairs of  (s' - s) · 1/m Σ_k d m / d input_r   where the stage of s writes s' + (k / m)(s - s')
 *
 * A stage is what writes at one place: the input, all heads of a layer, its MLP. Everything before it is as in the clean
 * run and everything after follows from it, so that in the limit of many points the scores of a stage's edges sum to the
 * exact effect of ablating the stage. Cost: m passes with their gradients for each stage, from its layer on.
 * Source: arXiv:2403.19647 §3.1 (integrated gradients of activations), arXiv:2504.13151 §3 (of edges).
 */
import { integer } from '../../../base/settings'
import { integrate, sharesOf } from '../components/attribution-integral'
import { withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'eap-ig-activations',
  title: 'EAP with integrated gradients (activations)',
  definition:
    'As EAP, with the gradient averaged over m runs in which the writer’s stage (the input, the heads of its layer, or its MLP) ' +
    'writes s′ + (k/m)(s − s′), k = 1 … m. Scores of a stage sum to the effect of ablating it.',
  source: 'arXiv:2403.19647 §3.1; arXiv:2504.13151 §3',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    steps: integer({
      title: 'Points',
      help: 'Points of each stage’s integral. More cost more passes and err less; 1 is plain EAP.',
      default: 5,
      min: 1,
      max: 1000,
    }),
  },
  unsuitable: withoutGradient,
  run: (network, plan, { steps }) =>
    integrate(network, plan, ({ stages }) => {
      return stages.flatMap((stage) => sharesOf(steps).map((share) => ({ stage, share, of: stage, weight: 1 / steps })))
    }),
})
