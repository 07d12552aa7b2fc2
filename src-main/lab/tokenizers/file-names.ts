/** Names that the reader of tokenizer files looks at, without folders. */
export const tokenizerFileNames = ['tokenizer.json', 'vocab.json', 'merges.txt', 'encoder.json', 'vocab.bpe'] as const
export type TokenizerFileName = (typeof tokenizerFileNames)[number]
