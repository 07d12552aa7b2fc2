import type { Dimensions } from '../../models/model'

/**
 * Number of residues that a network's classes stand for. A network asked after a third token "=" that has one vocabulary
 * for tokens and classes has "=", its last id, among the classes too; that is no residue.
 */
export function residueCount({ n_ctx, d_vocab, d_vocab_out }: Dimensions): number {
  return n_ctx === 3 && d_vocab === d_vocab_out ? d_vocab_out - 1 : d_vocab_out
}
