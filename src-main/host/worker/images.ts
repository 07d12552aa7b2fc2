/** The image sets a compute process holds, least recently used ones given up first. */
import type { ServiceOf } from '../../contract/rpc'
import type { ImageSet } from '../../lab/tasks/components/image-set'
import type { Resources } from '../../lab/tasks/task'
import type { computeContract } from '../compute/contract'

/** One of MNIST's size takes 50 MB. */
const keptCount = 2

export function createImages(): { readonly service: ServiceOf<typeof computeContract.images>; readonly resources: Resources } {
  const held = new Map<string, ImageSet>()

  function find(id: string): ImageSet | undefined {
    const set = held.get(id)
    if (!set) return undefined
    // Insertion order is the order of use.
    held.delete(id)
    held.set(id, set)
    return set
  }

  return {
    service: {
      has: ({ id }) => ({ isHeld: find(id) !== undefined }),
      attach({ id, set }) {
        held.set(id, set)
        for (const oldest of [...held.keys()].slice(0, Math.max(0, held.size - keptCount))) held.delete(oldest)
        return {}
      },
    },
    resources: { images: find },
  }
}
