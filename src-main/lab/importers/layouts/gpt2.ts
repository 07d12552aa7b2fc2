/**
 * GPT-2 as Hugging Face saves it, and as nanoGPT does.
 *
 *   wte.weight [d_vocab, d_model] · wpe.weight [n_ctx, d_model] · ln_f.weight, bias · lm_head.weight [d_vocab, d_model]
 *   h.N.attn.c_attn.weight [d_model, 3 · d_model]: queries, keys and values side by side, heads side by side in each
 *   h.N.attn.c_proj.weight [d_model, d_model] · h.N.mlp.c_fc.weight [d_model, d_mlp], c_proj.weight [d_mlp, d_model]
 *   h.N.ln_1|ln_2.weight, bias · buffers h.N.attn.bias (the causal mask), attn.masked_bias
 *
 * Hugging Face's Conv1D keeps matrices [in, out], as ours are; nanoGPT's linear layers keep them [out, in], which the
 * shape of c_attn shows. Without lm_head the unembedding is the transposed embedding.
 * Source: Radford et al. 2019; huggingface/transformers, modeling_gpt2; karpathy/nanoGPT, model.
 */
import { err, type Result } from '../../../base/result'
import type { ReadCheckpoint } from '../importer'
import { configurationOf, createDraft, shapeText, type Draft } from './components/draft'
import { countOf, prefixesOf, tensorTable, type TensorTable } from './components/tensor-table'
import { transformerMapping } from './components/transformer-mapping'
import { activationFrom, askTokens, epsilonFrom, type Configuration } from './components/transformer-settings'
import { defineLayout, type Evidence, type Mapping, type Step } from './layout'

type Source = readonly [name: string, source: { readonly from: string; readonly steps: readonly Step[] }]

export default defineLayout({
  id: 'gpt2',
  title: 'GPT-2 (Hugging Face, nanoGPT)',
  source: 'huggingface/transformers, modeling_gpt2; karpathy/nanoGPT',

  recognize(checkpoint): Evidence {
    const [prefix] = prefixesOf(checkpoint, 'wte.weight')
    const table = prefix === undefined ? undefined : tensorTable(checkpoint, prefix)
    const joint = table?.shape('h.0.attn.c_attn.weight')
    const d_model = table?.shape('wte.weight')?.[1]
    if (joint?.length !== 2 || d_model === undefined || !joint.includes(d_model) || !joint.includes(3 * d_model)) return { score: 0, reasons: [] }
    return {
      score: 1,
      reasons: ['wte.weight and h.0.attn.c_attn.weight are named as GPT-2 does', `c_attn ${shapeText(joint)} joins queries, keys and values of width ${d_model}`],
    }
  },

  propose(checkpoint, answers) {
    const prefix = prefixesOf(checkpoint, 'wte.weight').at(-1)
    if (prefix === undefined) return err('IMPORT_REFUSED', 'the file has no wte.weight')
    return mappingOf(checkpoint, tensorTable(checkpoint, prefix), createDraft(answers))
  },
})

function mappingOf(checkpoint: ReadCheckpoint, table: TensorTable, draft: Draft): Result<Mapping, 'IMPORT_REFUSED'> {
  const config = configurationOf(checkpoint)
  const embed = table.shape('wte.weight')!
  const positions = table.shape('wpe.weight')
  const joint = table.shape('h.0.attn.c_attn.weight')
  const inner = table.shape('h.0.mlp.c_fc.weight')
  if (!positions || joint?.length !== 2 || inner?.length !== 2) {
    return err('IMPORT_REFUSED', 'the file has no wpe.weight, h.0.attn.c_attn.weight or h.0.mlp.c_fc.weight of two axes')
  }
  if (config.scale_attn_by_inverse_layer_idx === true) {
    return err('IMPORT_REFUSED', 'attention is scaled by layer (scale_attn_by_inverse_layer_idx), which this transformer does not')
  }
  const d_model = draft.infer('d_model', embed[1]!, `wte.weight ${shapeText(embed)}`)
  const isOutFirst = joint[0] === 3 * d_model
  const head = headFinding(checkpoint, table)
  const n_heads = headsOf(config, draft, d_model)
  if (n_heads < 1 || d_model % n_heads !== 0) return err('IMPORT_REFUSED', `${n_heads} heads do not divide the width ${d_model}`)
  const settings = {
    n_layers: draft.infer('n_layers', countOf(table.names, /^h\.(\d+)\./), 'the blocks are numbered so far'),
    d_model,
    n_heads,
    d_head: draft.infer('d_head', d_model / n_heads, `d_model ${d_model} over ${n_heads} heads`),
    d_mlp: draft.infer('d_mlp', inner[isOutFirst ? 0 : 1]!, `h.0.mlp.c_fc.weight ${shapeText(inner)}`),
    attentionOnly: false,
    activation: activationFrom(draft, config.activation_function, isOutFirst ? 'gelu' : 'gelu_new', 'activation_function'),
    normalization: draft.infer('normalization', 'LN', 'GPT-2 has LayerNorm before attention, MLP and unembedding'),
    normEpsilon: epsilonFrom(draft, config.layer_norm_epsilon, 'layer_norm_epsilon'),
    positions: draft.infer('positions', 'learned', `wpe.weight ${shapeText(positions)}`),
    attentionDirection: draft.infer('attentionDirection', 'causal', 'GPT-2 is'),
    attentionScale: config.scale_attn_weights === false ? draft.infer('attentionScale', 1, 'scale_attn_weights is false') : 0,
    biases: draft.infer('biases', table.find('h.0.attn.c_attn.bias') !== undefined, 'by whether h.0.attn.c_attn has a bias'),
    tiedUnembedding: draft.infer('tiedUnembedding', !head, head ? 'lm_head.weight is there' : 'there is no lm_head.weight'),
  }
  const dims = { n_ctx: positions[0]!, d_vocab: embed[0]!, d_vocab_out: embed[0]! }
  askTokens(draft, dims.d_vocab >= 50_257 && dims.d_vocab <= 50_304 ? 'gpt2' : 'integers', dims.d_vocab)
  const sources = new Map([
    ['W_E', { from: `${table.prefix}wte.weight`, steps: [] }],
    ['W_pos', { from: `${table.prefix}wpe.weight`, steps: [] }],
    ...(head ? ([['W_U', { from: head, steps: [flip] }]] as const) : []),
    ...norm(table, 'ln_f', 'ln_final'),
    ...Array.from({ length: settings.n_layers }, (_, layer) => blockSources(table, layer, { n_heads, d_model, isOutFirst })).flat(),
  ] as readonly Source[])
  return transformerMapping({ layoutId: 'gpt2', checkpoint, draft, settings, dims, sources, whyUnused })
}

/** The unembedding's own matrix, which stands beside the transformer and not in it. */
function headFinding({ tensors }: ReadCheckpoint, { prefix }: TensorTable): string | undefined {
  const name = `${prefix.replace(/transformer\.$/, '')}lm_head.weight`
  return tensors.some((tensor) => tensor.name === name) ? name : undefined
}

function headsOf(config: Configuration, draft: Draft, d_model: number): number {
  if (typeof config.n_head === 'number') return draft.infer('n_heads', config.n_head, `n_head is ${config.n_head}`)
  const divisors = Array.from({ length: 64 }, (_, i) => i + 1).filter((count) => d_model % count === 0)
  const usual = d_model % 64 === 0 ? d_model / 64 : 1
  return draft.ask({
    key: 'n_heads',
    title: 'Heads',
    default: usual,
    candidates: divisors,
    reason: 'queries of all heads lie in one matrix, which does not show where one ends; heads of GPT-2 are 64 wide',
  })
}

const flip: Step = { op: 'transpose', order: [1, 0] }

interface BlockForm {
  readonly n_heads: number
  readonly d_model: number
  readonly isOutFirst: boolean
}

function blockSources(table: TensorTable, layer: number, { n_heads, d_model, isOutFirst }: BlockForm): readonly Source[] {
  const d_head = d_model / n_heads
  const from = (name: string): string => `${table.prefix}h.${layer}.${name}`
  const inFirst: readonly Step[] = isOutFirst ? [flip] : []
  const present = (ours: string, name: string, steps: readonly Step[]): readonly Source[] =>
    table.find(`h.${layer}.${name}`) ? [[`blocks.${layer}.${ours}`, { from: from(name), steps }]] : []
  const readers = ['Q', 'K', 'V'].flatMap((letter, i) => {
    const slice = (axis: number): Step => ({ op: 'slice', axis, start: i * d_model, length: d_model })
    const matrix: Step = { op: 'reshape', shape: [d_model, n_heads, d_head] }
    const bias: Step = { op: 'reshape', shape: [n_heads, d_head] }
    return [
      ...present(`attn.W_${letter}`, 'attn.c_attn.weight', [...inFirst, slice(1), matrix, { op: 'transpose', order: [1, 0, 2] }]),
      ...present(`attn.b_${letter}`, 'attn.c_attn.bias', [slice(0), bias]),
    ]
  })
  return [
    ...norm(table, `h.${layer}.ln_1`, `blocks.${layer}.ln1`),
    ...readers,
    ...present('attn.W_O', 'attn.c_proj.weight', [...inFirst, { op: 'reshape', shape: [n_heads, d_head, d_model] }]),
    ...present('attn.b_O', 'attn.c_proj.bias', []),
    ...norm(table, `h.${layer}.ln_2`, `blocks.${layer}.ln2`),
    ...present('mlp.W_in', 'mlp.c_fc.weight', inFirst),
    ...present('mlp.b_in', 'mlp.c_fc.bias', []),
    ...present('mlp.W_out', 'mlp.c_proj.weight', inFirst),
    ...present('mlp.b_out', 'mlp.c_proj.bias', []),
  ]
}

function norm(table: TensorTable, name: string, ours: string): readonly Source[] {
  const pairs = [['weight', 'w'], ['bias', 'b']] as const
  return pairs.flatMap(([theirs, letter]): readonly Source[] =>
    table.find(`${name}.${theirs}`) ? [[`${ours}.${letter}`, { from: `${table.prefix}${name}.${theirs}`, steps: [] }]] : [],
  )
}

function whyUnused(name: string): string | undefined {
  if (/\.attn\.bias$/.test(name)) return 'a buffer: the causal mask'
  return /\.attn\.masked_bias$/.test(name) ? 'a buffer: what masked scores are set to' : undefined
}
