/**
 * State dicts of TransformerLens, and of code that keeps its names and shapes (ARENA's, RIB's).
 *
 *   embed.W_E [d_vocab, d_model] · pos_embed.W_pos [n_ctx, d_model] · unembed.W_U [d_model, d_vocab], b_U
 *   blocks.N.attn.W_Q|W_K|W_V [head, d_model, d_head], b_Q|b_K|b_V [head, d_head], W_O [head, d_head, d_model], b_O
 *   blocks.N.mlp.W_in [d_model, d_mlp], W_gate, b_in, W_out, b_out · blocks.N.ln1|ln2.w|b · ln_final.w|b
 *   buffers blocks.N.attn.mask, IGNORE: not learned, and rebuilt from the settings
 *
 * Shapes are this program's own, so that every parameter is taken as it is. A file with several networks (a run that
 * saved a list of state dicts) asks which one.
 */
import { err, type Result } from '../../../base/result'
import type { ReadCheckpoint } from '../importer'
import { configurationOf, createDraft, shapeText, type Draft } from './components/draft'
import { countOf, prefixesOf, tensorTable, type TensorTable } from './components/tensor-table'
import { transformerMapping, type Sources } from './components/transformer-mapping'
import { activationFrom, askTokens, directionFrom, epsilonFrom, type Configuration } from './components/transformer-settings'
import { defineLayout, type Evidence, type Mapping } from './layout'

export default defineLayout({
  id: 'transformer-lens',
  title: 'TransformerLens',
  source: 'TransformerLens, HookedTransformer',

  recognize(checkpoint): Evidence {
    const [prefix] = prefixesOf(checkpoint, 'embed.W_E')
    const table = prefix === undefined ? undefined : tensorTable(checkpoint, prefix)
    const query = table?.shape('blocks.0.attn.W_Q')
    const output = table?.shape('blocks.0.attn.W_O')
    const d_model = table?.shape('embed.W_E')?.[1]
    if (query?.length !== 3 || output?.length !== 3 || query[1] !== d_model) return { score: 0, reasons: [] }
    return {
      score: 1,
      reasons: [
        'embed.W_E and blocks.0.attn.W_Q are named as TransformerLens does',
        `W_Q ${shapeText(query)} is [head, d_model, d_head] with the ${d_model} of embed.W_E`,
      ],
    }
  },

  propose(checkpoint, answers) {
    const draft = createDraft(answers)
    const table = tensorTable(checkpoint, chosenPrefix(checkpoint, draft))
    const config = configurationOf(checkpoint)
    const foreign = foreignParts(config, table)
    if (foreign) return err('IMPORT_REFUSED', foreign)
    return mappingOf(checkpoint, table, config, draft)
  },
})

function chosenPrefix(checkpoint: ReadCheckpoint, draft: Draft): string {
  const prefixes = prefixesOf(checkpoint, 'embed.W_E')
  const last = prefixes.at(-1) ?? ''
  if (prefixes.length < 2) return last
  const reason = `the file holds ${prefixes.length} networks; the last is taken`
  const chosen = draft.ask({ key: 'network', title: 'Network', default: last, candidates: prefixes, reason })
  return prefixes.includes(chosen) ? chosen : last
}

/** What TransformerLens can configure and our transformer has not. */
function foreignParts(config: Configuration, table: TensorTable): string | undefined {
  if (table.find('blocks.0.attn._W_K')) return 'keys and values are shared by groups of heads (_W_K), which this transformer has not'
  if (config.parallel_attn_mlp === true) return 'attention and MLP run in parallel (parallel_attn_mlp), which this transformer does not'
  if (config.scale_attn_by_inverse_layer_idx === true) return 'attention is scaled by layer (scale_attn_by_inverse_layer_idx), which this transformer does not'
  const cap = [config.attn_scores_soft_cap, config.output_logits_soft_cap].find((one) => typeof one === 'number' && one > 0)
  if (cap !== undefined) return `scores or logits are capped at ${cap} (soft_cap), which this transformer does not`
  if (table.find('blocks.0.ln1_post.w') ?? table.find('blocks.0.attn.q_norm.w')) return 'there are norms after attention or on queries, which this transformer has not'
  return undefined
}

function mappingOf(
  checkpoint: ReadCheckpoint,
  table: TensorTable,
  config: Configuration,
  draft: Draft,
): Result<Mapping, 'IMPORT_REFUSED'> {
  const embed = table.shape('embed.W_E')
  const query = table.shape('blocks.0.attn.W_Q')
  if (!embed || !query) return err('IMPORT_REFUSED', 'the file has no embed.W_E or no blocks.0.attn.W_Q')
  const from = `blocks.0.attn.W_Q ${shapeText(query)}`
  const inner = table.shape('blocks.0.mlp.W_in')
  const widths = {
    n_layers: draft.infer('n_layers', countOf(table.names, /^blocks\.(\d+)\./), 'the blocks are numbered so far'),
    d_model: draft.infer('d_model', embed[1]!, `embed.W_E ${shapeText(embed)}`),
    n_heads: draft.infer('n_heads', query[0]!, from),
    d_head: draft.infer('d_head', query[2]!, from),
    attentionOnly: draft.infer('attentionOnly', !inner, inner ? 'blocks.0.mlp.W_in is there' : 'there is no mlp.W_in'),
    ...(inner && { d_mlp: draft.infer('d_mlp', inner[1]!, `blocks.0.mlp.W_in ${shapeText(inner)}`) }),
  }
  const settings = { ...widths, ...styleOf(table, config, draft, widths.d_head), ...ownSettings(config, draft) }
  const d_vocab = embed[0]!
  const dims = { n_ctx: contextOf(table, config, draft), d_vocab, d_vocab_out: table.shape('unembed.W_U')?.[1] ?? d_vocab }
  askTokens(draft, typeof config.tokenizer_name === 'string' ? 'gpt2' : 'integers', d_vocab)
  const sources = sourcesIn(table)
  return transformerMapping({ layoutId: 'transformer-lens', checkpoint, draft, settings, dims, sources, whyUnused })
}

/** A file that this program exported says under `grokscope` what TransformerLens's configuration has no key for. */
function ownSettings(config: Configuration, draft: Draft): { constantAttention?: number } {
  const own = config.grokscope as { settings?: { constantAttention?: unknown } } | null | undefined
  const share = own?.settings?.constantAttention
  return typeof share === 'number' ? { constantAttention: draft.infer('constantAttention', share, 'this program exported it with that') } : {}
}

/** Settings that are no widths. */
function styleOf(table: TensorTable, config: Configuration, draft: Draft, d_head: number): Record<string, string | number | boolean> {
  const has = (pattern: RegExp): boolean => table.names.some((name) => pattern.test(name))
  const hasMlp = has(/\.mlp\.W_in$/)
  const normalization = normalizationOf(table, config, draft)
  const isTied = !table.find('unembed.W_U')
  return {
    ...(hasMlp && { activation: activationFrom(draft, config.act_fn, 'relu', 'act_fn') }),
    gatedMlp: draft.infer('gatedMlp', has(/\.mlp\.W_gate$/), 'by whether there is a mlp.W_gate'),
    normalization,
    ...(normalization !== 'none' && { normEpsilon: epsilonFrom(draft, config.eps, 'eps') }),
    ...positionsOf(table, config, draft, d_head),
    attentionDirection: directionFrom(draft, config.attention_dir, hasLowerTriangularMask(table)),
    attentionScale: scaleOf(config, draft, d_head),
    biases: draft.infer('biases', has(/\.b_(Q|K|V|O|in|out|U)$/), 'by whether any b_* is there'),
    tiedUnembedding: draft.infer('tiedUnembedding', isTied, isTied ? 'there is no unembed.W_U' : 'unembed.W_U is there'),
  }
}

function normalizationOf(table: TensorTable, config: Configuration, draft: Draft): string {
  if (table.find('blocks.0.ln1.b')) return draft.infer('normalization', 'LN', 'blocks.0.ln1 has weights w and b')
  if (table.find('blocks.0.ln1.w')) return draft.infer('normalization', 'RMS', 'blocks.0.ln1 has a weight w and no b')
  const named = config.normalization_type
  if (named === null) return draft.infer('normalization', 'none', 'normalization_type is null')
  if (typeof named === 'string' && ['LNPre', 'RMSPre'].includes(named)) return draft.infer('normalization', named, `normalization_type is '${named}'`)
  return draft.ask({
    key: 'normalization',
    title: 'Normalization',
    default: 'none',
    candidates: ['none', 'LNPre', 'RMSPre'],
    reason: 'there are no ln weights: either nothing is normalized, or the weights were folded into the matrices',
  })
}

function positionsOf(table: TensorTable, config: Configuration, draft: Draft, d_head: number): Record<string, string | number> {
  if (table.find('pos_embed.W_pos')) return { positions: draft.infer('positions', 'learned', 'pos_embed.W_pos is there') }
  const isRotary = config.positional_embedding_type === 'rotary' || table.find('blocks.0.attn.rotary_sin') !== undefined
  const named = isRotary ? 'rotary' : config.positional_embedding_type === 'none' ? 'none' : undefined
  const positions = named
    ? draft.infer('positions', named, 'the configuration or a buffer says so')
    : draft.ask({
        key: 'positions',
        title: 'Positions',
        default: 'none',
        candidates: ['none', 'rotary'],
        reason: 'there is no pos_embed.W_pos; rotary positions have no tensor',
      })
  if (positions !== 'rotary') return { positions }
  if (typeof config.rotary_dim === 'number' && config.rotary_dim !== d_head - (d_head % 2)) {
    draft.warnings.push(`only ${config.rotary_dim} of ${d_head} dimensions of a head are rotated (rotary_dim); here all are, and the answers will differ`)
  }
  const base = typeof config.rotary_base === 'number' ? config.rotary_base : undefined
  const rotaryBase = base === undefined
    ? draft.ask({ key: 'rotaryBase', title: 'Rotary base', default: 10_000, candidates: [10_000, 500_000], reason: 'tensors do not show it' })
    : draft.infer('rotaryBase', base, `rotary_base is ${base}`)
  return { positions, rotaryBase }
}

/** 0 stands for the root of the head width. */
function scaleOf(config: Configuration, draft: Draft, d_head: number): number {
  if (config.use_attn_scale === false) return draft.infer('attentionScale', 1, 'use_attn_scale is false')
  const scale = config.attn_scale
  const isUsual = typeof scale !== 'number' || scale <= 0 || Math.abs(scale - Math.sqrt(d_head)) < 1e-6
  return isUsual ? 0 : draft.infer('attentionScale', scale, `attn_scale is ${scale}`)
}

function contextOf(table: TensorTable, config: Configuration, draft: Draft): number {
  const learned = table.shape('pos_embed.W_pos')
  if (learned) return draft.infer('n_ctx', learned[0]!, `pos_embed.W_pos ${shapeText(learned)}`)
  const mask = table.shape('blocks.0.attn.mask')
  if (mask) return draft.infer('n_ctx', mask[0]!, `blocks.0.attn.mask ${shapeText(mask)}`)
  if (typeof config.n_ctx === 'number') return draft.infer('n_ctx', config.n_ctx, `n_ctx is ${config.n_ctx}`)
  return draft.ask({ key: 'n_ctx', title: 'Context', default: 512, candidates: [], reason: 'nothing in the file limits the length of a sequence' })
}

function hasLowerTriangularMask(table: TensorTable): boolean {
  const mask = table.find('blocks.0.attn.mask')
  const [rows, columns] = mask?.shape ?? []
  if (!mask || rows === undefined || rows !== columns || mask.shape.length !== 2 || rows > 4096) return false
  const values = mask.read()
  return values.ok && values.value.every((value, i) => (value !== 0) === (i % rows <= Math.floor(i / rows)))
}

const renamed: Readonly<Record<string, string>> = {
  'embed.W_E': 'W_E', 'pos_embed.W_pos': 'W_pos', 'unembed.W_U': 'W_U', 'unembed.b_U': 'b_U',
}

function sourcesIn(table: TensorTable): Sources {
  return new Map(table.names.map((name) => [renamed[name] ?? name, { from: table.prefix + name, steps: [] }]))
}

function whyUnused(name: string): string | undefined {
  if (/\.attn\.mask$/.test(name)) return 'a buffer: the attention mask, made anew from the settings'
  if (/\.attn\.IGNORE$/.test(name)) return 'a buffer: what masked scores are set to'
  if (/\.attn\.rotary_(sin|cos)$/.test(name)) return 'a buffer: rotations, made anew from the settings'
  return undefined
}
