import { expect, test } from 'vitest'
import { residueCount } from '@main/lab/interpret/components/residue-count'

test.each([
  ['a perceptron on pairs', { n_ctx: 2, d_vocab: 59, d_vocab_out: 59 }, 59],
  ['a transformer whose classes are the residues', { n_ctx: 3, d_vocab: 114, d_vocab_out: 113 }, 113],
  ['a transformer with “=” among its classes', { n_ctx: 3, d_vocab: 114, d_vocab_out: 114 }, 113],
])('%s has as many residues as can be right', (_name, dims, count) => {
  expect(residueCount(dims)).toBe(count)
})
