/** How examples divide: a shuffled list whose first part is trained on, the first of these with labels redrawn. */
import type { Rng } from '../../../base/rng'
import type { Dataset } from '../task'

export interface Shares {
  readonly trainFraction: number
  /** Share of the training examples. Default 0. */
  readonly corruptedShare?: number
}

export function splitOf(count: number, { trainFraction, corruptedShare = 0 }: Shares, rng: Rng): Pick<Dataset, 'splits' | 'train'> {
  const order = rng.permutation(count)
  const trainCount = shareOf(count, trainFraction)
  const corruptedCount = shareOf(trainCount, corruptedShare)
  return {
    train: order.slice(0, trainCount),
    splits: {
      trainCorrupted: order.slice(0, corruptedCount),
      trainClean: order.slice(corruptedCount, trainCount),
      test: order.slice(trainCount),
    },
  }
}

/** floor(share · count), robust to products like 0.29 · 100 that fall short of an integer by rounding. */
function shareOf(count: number, share: number): number {
  return Math.floor(count * share + 1e-9)
}
