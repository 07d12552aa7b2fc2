import { defineProbe } from './probe'

export default defineProbe({
  id: 'loss',
  title: 'Loss',
  help: 'Mean loss on each split in evaluation mode. On corrupted pairs it is measured against the corrupted label.',
  unit: '1',
  source: 'the loss function of the run',
  parts: [
    { id: 'train', title: 'train' },
    { id: 'trainClean', title: 'train, clean labels' },
    { id: 'trainCorrupted', title: 'train, corrupted labels' },
    { id: 'test', title: 'test' },
  ],
  measure(ctx) {
    const values: Record<string, number> = {}
    for (const [split, { loss, count }] of Object.entries(ctx.evaluation())) {
      if (count > 0) values[split] = loss
    }
    return values
  },
})
