import { defineProbe } from './probe'

export default defineProbe({
  id: 'accuracy',
  title: 'Accuracy',
  help:
    'Share of pairs predicted as their label. On corrupted pairs the label is the corrupted one; ' +
    'the share predicted as the true label instead is a series of its own.',
  unit: '1',
  source: 'arXiv:2310.13061 fig. 1',
  parts: [
    { id: 'train', title: 'train' },
    { id: 'trainClean', title: 'train, clean labels' },
    { id: 'trainCorrupted', title: 'train, corrupted labels' },
    { id: 'test', title: 'test' },
    { id: 'trueLabel', title: 'corrupted pairs predicted as their true label' },
  ],
  measure(ctx) {
    const evaluation = ctx.evaluation()
    const values: Record<string, number> = {}
    for (const [split, { accuracy, count }] of Object.entries(evaluation)) {
      if (count > 0) values[split] = accuracy
    }
    if (evaluation.trainCorrupted.count > 0) values['trueLabel'] = evaluation.trainCorrupted.trueLabelShare
    return values
  },
})
