/**
 * Edge attribution patching with integrated gradients, over inputs.
 *
 *   score(s -> r) = mean over pairs of  (s' - s) · 1/m Σ_k d m / d input_r   at embeddings z' + (k / m)(z - z'), k = 1 .. m
 *
 * z are the clean embeddings, z' what stands for them. One point is plain EAP. Cost: m passes with their gradients.
 * Source: arXiv:2403.17806 eq. 4.
 * Differs: the authors' code takes k = 0 .. m - 1, starting at the corrupted input and never reaching the clean one.
 */
import { integer } from '../../../base/settings'
import { inputPoints, integrate, sharesOf } from '../components/attribution-integral'
import { withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'eap-ig',
  title: 'EAP with integrated gradients (inputs)',
  definition:
    'As EAP, with the gradient averaged over m runs whose input embeddings lie at z′ + (k/m)(z − z′), k = 1 … m, between ' +
    'what stands for the embeddings (z′) and the clean ones (z).',
  source: 'arXiv:2403.17806 eq. 4',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    steps: integer({
      title: 'Points',
      help: 'Points of the integral. More cost more passes and err less; 1 is plain EAP.',
      default: 5,
      min: 1,
      max: 1000,
    }),
  },
  unsuitable: withoutGradient,
  run: (network, plan, { steps }) => integrate(network, plan, (recording) => inputPoints(recording, sharesOf(steps))),
})
