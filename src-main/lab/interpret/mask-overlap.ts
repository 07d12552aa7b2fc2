/**
 * How alike two masks are, against what chance would give. For a layer of n weights of which the masks keep a and b:
 *
 *   jaccard   |A ∩ B| / |A ∪ B|; 1 where neither keeps anything
 *   chance    E[ I / (a + b - I) ],  I ~ Hypergeometric(n, a, b): the mean for masks drawn at random with a and b kept
 *
 * The mean is exact, a sum over the distribution of the intersection from its mode outwards until the terms vanish. Over
 * all layers together it is I = Σ E[I_layer] put into the same quotient: random masks that keep as many of each layer. The
 * quotient of means differs from the mean of quotients by O(1 / n).
 *
 * Source: arXiv:2310.19470 §4 measures the distance 1 - jaccard between masks of one run. Differs: chance beside it.
 */
import { namedArray, type FloatArray } from '../../base/array'
import type { ArraysByName } from '../models/model'
import { defineAnalysis } from './analysis'
import { keptCount } from './components/weight-mask'

/** Frames are [layer, mask, mask]; the last layer is all of them together. */
export interface Overlap {
  readonly layers: readonly string[]
  readonly jaccard: FloatArray
  readonly chance: FloatArray
}

export const allLayers = 'all'

export default defineAnalysis<{ readonly masks: readonly ArraysByName[] }, Overlap>({
  id: 'mask-overlap',
  title: 'Overlap between masks',
  definition:
    'Jaccard index |A ∩ B| / |A ∪ B| of the weights that two masks keep, by layer and over the layers that all of them are ' +
    'over. Chance: the mean of the index over pairs of random masks that keep as many weights of each layer, from the ' +
    'hypergeometric distribution of the intersection.',
  source: 'arXiv:2310.19470 §4',
  unsuitable: () => undefined,
  measure: (_network, { masks }) => overlapOf(masks),
})

interface Shared {
  readonly kept: readonly number[]
  readonly both: number
  readonly chance: number
}

/** Over the arrays that every mask has, in the same shape. */
export function overlapOf(masks: readonly ArraysByName[]): Overlap {
  const [first = {}] = masks
  const layers = Object.keys(first).filter((name) =>
    masks.every((mask) => Object.hasOwn(mask, name) && mask[name]!.shape.join() === first[name]!.shape.join()))
  const shape = [layers.length + 1, masks.length, masks.length]
  const jaccard = namedArray(['layer', 'mask', 'mask'], shape, new Float32Array(shape[0]! * masks.length ** 2))
  const chance = namedArray(['layer', 'mask', 'mask'], shape, new Float32Array(jaccard.data.length))
  for (let i = 0; i < masks.length; i++) {
    for (let j = i; j < masks.length; j++) {
      const shares = layers.map((name) => sharedBy(masks[i]![name]!, masks[j]![name]!))
      const values = [...shares.map((share) => [jaccardOf(share), share.chance] as const), together(shares)]
      for (const [layer, [found, expected]] of values.entries()) {
        for (const at of [(layer * masks.length + i) * masks.length + j, (layer * masks.length + j) * masks.length + i]) {
          jaccard.data[at] = found
          chance.data[at] = expected
        }
      }
    }
  }
  return { layers: [...layers, allLayers], jaccard, chance }
}

function sharedBy(mask: FloatArray, other: FloatArray): Shared {
  const kept = [keptCount(mask), keptCount(other)] as const
  let both = 0
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i] !== 0 && other.data[i] !== 0) both++
  return { kept, both, chance: chanceJaccard(mask.data.length, ...kept) }
}

function jaccardOf({ kept: [a = 0, b = 0], both }: Pick<Shared, 'kept' | 'both'>): number {
  const either = a + b - both
  return either === 0 ? 1 : both / either
}

function together(shares: readonly Shared[]): readonly [number, number] {
  const sum = (of: (share: Shared) => number): number => shares.reduce((total, share) => total + of(share), 0)
  const kept = [sum((share) => share.kept[0]!), sum((share) => share.kept[1]!)]
  // From E[J] = E[I] / (a + b - E[I]), which the mean per layer meets up to O(1 / n).
  const meanBoth = sum(({ kept: [a, b], chance }) => (chance * (a! + b!)) / (1 + chance))
  return [jaccardOf({ kept, both: sum((share) => share.both) }), jaccardOf({ kept, both: meanBoth })]
}

/** Terms this far below the largest do not change a double's sum. */
const negligible = 1e-18

/** Mean Jaccard index of two random sets of a and b out of n. */
export function chanceJaccard(n: number, a: number, b: number): number {
  if (a + b === 0) return 1
  const [least, most] = [Math.max(0, a + b - n), Math.min(a, b)]
  const mode = Math.min(most, Math.max(least, Math.floor(((a + 1) * (b + 1)) / (n + 2))))
  let [weights, total] = [0, 0]
  const add = (both: number, weight: number): void => {
    weights += weight
    total += (weight * both) / (a + b - both)
  }
  add(mode, 1)
  for (let both = mode, weight = 1; both < most && weight > negligible; both++) {
    weight *= ((a - both) * (b - both)) / ((both + 1) * (n - a - b + both + 1))
    add(both + 1, weight)
  }
  for (let both = mode, weight = 1; both > least && weight > negligible; both--) {
    weight *= (both * (n - a - b + both)) / ((a - both + 1) * (b - both + 1))
    add(both - 1, weight)
  }
  return total / weights
}
