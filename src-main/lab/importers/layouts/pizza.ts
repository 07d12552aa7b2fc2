/**
 * One-layer models in the orientation of the first grokking notebooks, kept by the code of "The Clock and the Pizza".
 *
 *   embed.W_E [d_model, d_vocab] · pos_embed.W_pos [n_ctx, d_model] · unembed.W_U [d_model, d_vocab]
 *   blocks.N.attn.W_Q|W_K|W_V [head, d_head, d_model], W_O [d_model, head · d_head], mask: a buffer
 *   blocks.N.mlp.W_in [d_mlp, d_model], b_in, W_out [d_model, d_mlp], b_out
 *
 * The pizza code stores a causal mask and never applies it, and may mix attention with a constant:
 * pattern = attn_coeff · softmax + (1 - attn_coeff). Both are known only where its configuration lies beside the weights.
 * Source: arXiv:2306.17844 and fjzzq2002/pizza; arXiv:2301.05217's notebook.
 */
import { err, type Result } from '../../../base/result'
import type { ReadCheckpoint } from '../importer'
import { configurationOf, createDraft, shapeText, type Draft } from './components/draft'
import { countOf, prefixesOf, tensorTable, type TensorTable } from './components/tensor-table'
import { transformerMapping, type Sources } from './components/transformer-mapping'
import { activationFrom, askTokens, type Configuration } from './components/transformer-settings'
import { defineLayout, type Evidence, type Mapping, type Step } from './layout'

export default defineLayout({
  id: 'pizza',
  title: 'Grokking notebooks (clock and pizza)',
  source: 'arXiv:2306.17844; fjzzq2002/pizza',

  recognize(checkpoint): Evidence {
    const [prefix] = prefixesOf(checkpoint, 'embed.W_E')
    const table = prefix === undefined ? undefined : tensorTable(checkpoint, prefix)
    const query = table?.shape('blocks.0.attn.W_Q')
    const output = table?.shape('blocks.0.attn.W_O')
    const d_model = table?.shape('embed.W_E')?.[0]
    if (query?.length !== 3 || output?.length !== 2 || query[2] !== d_model) return { score: 0, reasons: [] }
    return {
      score: 1,
      reasons: [
        `W_Q ${shapeText(query)} is [head, d_head, d_model] with the ${d_model} of embed.W_E`,
        `W_O ${shapeText(output)} is [d_model, head · d_head]`,
      ],
    }
  },

  propose(checkpoint, answers) {
    const prefix = prefixesOf(checkpoint, 'embed.W_E').at(-1)
    if (prefix === undefined) return err('IMPORT_REFUSED', 'the file has no embed.W_E')
    return mappingOf(checkpoint, tensorTable(checkpoint, prefix), createDraft(answers))
  },
})

function mappingOf(checkpoint: ReadCheckpoint, table: TensorTable, draft: Draft): Result<Mapping, 'IMPORT_REFUSED'> {
  const config = configurationOf(checkpoint)
  const embed = table.shape('embed.W_E')!
  const query = table.shape('blocks.0.attn.W_Q')
  const inner = table.shape('blocks.0.mlp.W_in')
  const learned = table.shape('pos_embed.W_pos')
  if (query?.length !== 3 || !inner || !learned) {
    return err('IMPORT_REFUSED', 'the file has no blocks.0.attn.W_Q with three axes, no blocks.0.mlp.W_in or no pos_embed.W_pos')
  }
  const from = `blocks.0.attn.W_Q ${shapeText(query)}`
  const [n_heads, d_head, d_model] = query as [number, number, number]
  const settings = {
    n_layers: draft.infer('n_layers', countOf(table.names, /^blocks\.(\d+)\./), 'the blocks are numbered so far'),
    d_model: draft.infer('d_model', embed[0]!, `embed.W_E ${shapeText(embed)}`),
    n_heads: draft.infer('n_heads', n_heads, from),
    d_head: draft.infer('d_head', d_head, from),
    d_mlp: draft.infer('d_mlp', inner[0]!, `blocks.0.mlp.W_in ${shapeText(inner)}`),
    attentionOnly: false,
    activation: activationFrom(draft, config.act_fn, 'relu', 'act_fn'),
    normalization: draft.infer('normalization', 'none', 'there are no ln weights, and this code has none'),
    positions: draft.infer('positions', 'learned', `pos_embed.W_pos ${shapeText(learned)}`),
    ...attentionOf(config, draft),
    biases: draft.infer('biases', true, 'blocks.0.mlp has b_in and b_out; attention and unembedding have none'),
    tiedUnembedding: false,
  }
  const dims = { n_ctx: learned[0]!, d_vocab: embed[1]!, d_vocab_out: table.shape('unembed.W_U')?.[1] ?? embed[1]! }
  askTokens(draft, 'integers', dims.d_vocab)
  const sources = sourcesIn(table, [n_heads, d_head, d_model])
  return transformerMapping({ layoutId: 'pizza', checkpoint, draft, settings, dims, sources, whyUnused })
}

function attentionOf(config: Configuration, draft: Draft): { attentionDirection: string; constantAttention: number } {
  const coefficient = config.attn_coeff
  if (typeof coefficient === 'number') {
    const constantAttention = draft.infer('constantAttention', 1 - coefficient, `attn_coeff is ${coefficient}`)
    if (constantAttention !== 0) draft.warnings.push(mixedAttention(constantAttention))
    const attentionDirection = draft.infer('attentionDirection', 'bidirectional', 'code with an attn_coeff stores a mask but never applies it')
    return { attentionDirection, constantAttention }
  }
  const attentionDirection = draft.ask({
    key: 'attentionDirection',
    title: 'Attention direction',
    default: 'bidirectional',
    candidates: ['bidirectional', 'causal'],
    reason: 'a mask is stored, but the pizza code never applies it; the first grokking notebooks do',
  })
  const constantAttention = draft.ask({
    key: 'constantAttention',
    title: 'Constant attention',
    default: 0,
    candidates: [0, 1],
    reason: 'the pizza code may mix attention with a constant, 1 − attn_coeff of its configuration; no tensor shows it',
  })
  if (constantAttention !== 0) draft.warnings.push(mixedAttention(constantAttention))
  return { attentionDirection, constantAttention }
}

function mixedAttention(share: number): string {
  const softmax = (1 - share).toFixed(3)
  return (
    `its attention is not ordinary: every pattern is ${softmax} of a softmax plus ${share.toFixed(3)} everywhere, ` +
    'so that rows do not sum to 1 and no token can be ignored'
  )
}

/** How each tensor of a block becomes ours; biases are taken as they are. */
function sourcesIn({ names, prefix }: TensorTable, [n_heads, d_head, d_model]: readonly [number, number, number]): Sources {
  const flip: Step = { op: 'transpose', order: [1, 0] }
  const stepsFor = (name: string): readonly Step[] => {
    if (/\.attn\.W_[QKV]$/.test(name)) return [{ op: 'transpose', order: [0, 2, 1] }]
    if (/\.attn\.W_O$/.test(name)) return [flip, { op: 'reshape', shape: [n_heads, d_head, d_model] }]
    return /\.mlp\.W_(in|out)$|^embed\.W_E$/.test(name) ? [flip] : []
  }
  return new Map(
    names.map((name) => {
      const ours = { 'embed.W_E': 'W_E', 'pos_embed.W_pos': 'W_pos', 'unembed.W_U': 'W_U' }[name] ?? name
      return [ours, { from: prefix + name, steps: stepsFor(name) }] as const
    }),
  )
}

function whyUnused(name: string): string | undefined {
  return /\.attn\.mask$/.test(name) ? 'a buffer: a mask that the settings stand for' : undefined
}
