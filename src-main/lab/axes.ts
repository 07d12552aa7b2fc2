/** The axis vocabulary. `query_pos` and `key_pos` only; attention is always [batch, head, query_pos, key_pos]. */
export const axes = [
  'batch',
  'pos',
  'query_pos',
  'key_pos',
  'head',
  'layer',
  'component',
  'd_model',
  'd_head',
  'd_mlp',
  'd_vocab',
  'freq',
  'step',
] as const

export type Axis = (typeof axes)[number]
