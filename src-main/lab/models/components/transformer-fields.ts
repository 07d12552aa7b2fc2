/** What a transformer lets one choose. Keys that TransformerLens's configuration has carry its names and its words. */
import { boolean, choice, integer, number, type ValuesOf } from '../../../base/settings'

export const transformerFields = {
  n_layers: integer({ title: 'Layers', help: 'Number of blocks, each attention and then an MLP.', default: 1, min: 1, max: 48 }),
  d_model: integer({
    title: 'Residual width',
    help: 'Width of the residual stream, from which every component reads and to which it adds.',
    default: 128,
    min: 1,
    max: 8192,
  }),
  n_heads: integer({ title: 'Heads', help: 'Attention heads of each layer.', default: 4, min: 1, max: 128 }),
  d_head: integer({
    title: 'Head width',
    help: 'Width of queries, keys and values of one head. Need not be the residual width divided by the heads.',
    default: 32,
    min: 1,
    max: 1024,
  }),
  d_mlp: integer({ title: 'MLP width', help: 'Hidden neurons of each layer’s MLP.', default: 512, min: 1, max: 32768 }),
  attentionOnly: boolean({ title: 'Attention only', help: 'Leaves the MLPs out.', default: false }),
  activation: choice({
    title: 'Activation',
    help: 'Nonlinearity of the MLP’s neurons. gelu_new is the tanh form that GPT-2 uses.',
    choices: ['relu', 'gelu', 'gelu_new', 'silu'],
    default: 'relu',
  }),
  gatedMlp: boolean({
    title: 'Gated MLP',
    help: 'Multiplies each activated neuron by a linear one, with a weight matrix of its own (W_gate).',
    default: false,
  }),
  normalization: choice({
    title: 'Normalization',
    help:
      'LN and RMS normalize the input of every attention, MLP and the unembedding, then scale it by learned weights; ' +
      'LNPre and RMSPre only normalize, which is what is left once those weights are folded into the next matrix.',
    choices: ['none', 'LN', 'LNPre', 'RMS', 'RMSPre'],
    default: 'none',
  }),
  normEpsilon: number({
    title: 'Normalization epsilon',
    help: 'Added to the variance (LN) or mean square (RMS) before the root is taken.',
    default: 1e-5,
    min: 0,
    max: 1,
  }),
  positions: choice({
    title: 'Positions',
    help: 'How a token knows its place: a learned vector each, a rotation of queries and keys, or not at all.',
    choices: ['learned', 'rotary', 'none'],
    default: 'learned',
  }),
  rotaryBase: number({ title: 'Rotary base', help: 'Base of the rotation frequencies.', default: 10_000, min: 1, max: 1e9 }),
  attentionDirection: choice({
    title: 'Attention direction',
    help: 'Causal queries see their own and earlier positions; bidirectional ones see all.',
    choices: ['causal', 'bidirectional'],
    default: 'causal',
  }),
  attentionScale: number({
    title: 'Attention scale',
    help: 'Scores are divided by it. 0 takes the root of the head width.',
    default: 0,
    min: 0,
    max: 1e6,
  }),
  constantAttention: number({
    title: 'Constant attention',
    help:
      'Share c of the pattern that is 1 everywhere instead of a softmax: pattern = (1 − c) · softmax + c. ' +
      'Networks trained with it compute modular addition differently.',
    default: 0,
    min: 0,
    max: 1,
  }),
  biases: boolean({ title: 'Biases', help: 'Adds a bias to every linear map, the unembedding included.', default: false }),
  tiedUnembedding: boolean({
    title: 'Tied unembedding',
    help: 'Reads logits with the transposed token embedding instead of a matrix of its own.',
    default: false,
  }),
  initScale: number({
    title: 'Initial scale',
    help: 'Factor on the initial standard deviation, 1 / √d_model (of the unembedding 1 / √d_vocab).',
    default: 1,
    min: 0.001,
    max: 1000,
  }),
} as const

export type TransformerSettings = ValuesOf<typeof transformerFields>

export const hasNorm = ({ normalization }: TransformerSettings): boolean => normalization !== 'none'
export const hasNormWeights = ({ normalization }: TransformerSettings): boolean =>
  normalization === 'LN' || normalization === 'RMS'
export const centresNorm = ({ normalization }: TransformerSettings): boolean =>
  normalization === 'LN' || normalization === 'LNPre'
