import { integer } from '../../base/settings'
import { defineTask } from './task'

const none = new Int32Array(0)

export default defineTask({
  id: 'unlabelled-tokens',
  title: 'Tokens without a task',
  help: 'The input of a network that came without its training data: a vocabulary and a context length, and no examples.',
  source: 'no paper; the shapes of an imported network’s embeddings',
  fields: {
    n_ctx: integer({ title: 'Context', help: 'Largest number of positions.', default: 16, min: 1, max: 65536 }),
    d_vocab: integer({ title: 'Vocabulary', help: 'Number of input tokens.', default: 64, min: 1, max: 1_000_000 }),
    d_vocab_out: integer({ title: 'Classes', help: 'Number of output tokens.', default: 64, min: 1, max: 1_000_000 }),
  },
  create: ({ n_ctx, d_vocab, d_vocab_out }) => ({
    exampleCount: 0,
    n_ctx,
    d_vocab,
    d_vocab_out,
    scoredPositions: [n_ctx - 1],
    tokens: none,
    labels: none,
    trueLabels: none,
    splits: { trainClean: none, trainCorrupted: none, test: none },
    train: none,
  }),
})
