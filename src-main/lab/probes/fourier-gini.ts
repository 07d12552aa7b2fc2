import { gini } from '../../base/gini'
import { harmonicNorms, matrixProduct } from '../../base/harmonic-norms'
import { additionModulus } from './components/addition-table'
import { defineProbe } from './probe'

export default defineProbe({
  id: 'fourier-gini',
  title: 'Gini coefficient of Fourier norms',
  help:
    'How unequal the Fourier components over residues are in size, from 0 (all equal) to 1 (a single one): of the ' +
    'embedding, and of the map from neurons to logits. For addition by a transformer.',
  unit: '1',
  source: 'arXiv:2301.05217 §5.1',
  parts: [
    { id: 'W_E', title: 'embedding' },
    { id: 'W_L', title: 'neurons to logits' },
  ],
  /** Cost: p^2 (d_model + d_mlp) + p d_model d_mlp products. */
  measure(ctx): Readonly<Record<string, number>> {
    const modulus = additionModulus(ctx)
    if (modulus === undefined) return {}
    const params = ctx.params()
    const W_out = params['blocks.0.mlp.W_out']
    // additionModulus found both matrices. Behind a second layer neurons are no single step from the logits.
    const isOneLayer = W_out !== undefined && !('blocks.1.attn.W_Q' in params)
    return {
      W_E: gini(harmonicNorms(params['W_E']!, { modulus, along: 'rows' })),
      ...(isOneLayer && { W_L: gini(harmonicNorms(matrixProduct(W_out, params['W_U']!), { modulus, along: 'columns' })) }),
    }
  },
})
