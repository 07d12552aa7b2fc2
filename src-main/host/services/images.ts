/** Image sets of the open project, and giving a compute process the one that a specification is about. */
import { AppError, unwrap } from '../../base/result'
import type { images as namespace } from '../../contract/images'
import type { ServiceOf } from '../../contract/rpc'
import type { RunSpec } from '../../contract/runs'
import { readIdx, type IdxFile } from '../../lab/importers/components/idx'
import { imageSetOf } from '../../lab/tasks/components/image-set'
import type { ComputeClient } from '../compute/contract'
import type { Store } from '../store/store'
import { createPieces } from './pieces'

/** Sets of which one file has come; the oldest is let go for a new one. */
const mostHalves = 4

interface Half {
  readonly images?: IdxFile
  readonly labels?: IdxFile
}

export function createImagesService({ store }: { readonly store: () => Store }): ServiceOf<typeof namespace> {
  const pieces = createPieces()
  const halves = new Map<string, Half>()

  function keep(name: string, file: IdxFile): Half {
    const half: Half = { ...halves.get(name), [file.shape.length === 1 ? 'labels' : 'images']: file }
    halves.delete(name)
    halves.set(name, half)
    for (const oldest of [...halves.keys()].slice(0, Math.max(0, halves.size - mostHalves))) halves.delete(oldest)
    return half
  }

  return {
    list: () => [...store().imageSets.list()],
    adopt({ name, fileName, ...piece }) {
      const bytes = pieces.put(`${name}/${fileName}`, piece)
      if (!bytes) return {}
      const { images, labels } = keep(name, unwrap(readIdx(fileName, bytes)))
      if (!images || !labels) return { waitsFor: images ? 'labels' : 'images' }
      halves.delete(name)
      return { set: store().imageSets.write(name, unwrap(imageSetOf(images, labels))) }
    },
    remove({ id }) {
      if (!store().imageSets.list().some((card) => card.id === id)) throw notThere(store(), id)
      store().imageSets.remove(id)
      return {}
    },
  }
}

function notThere(store: Store, id: string): AppError {
  const known = store.imageSets.list().map((card) => card.id).join(', ') || 'none'
  return new AppError({ code: 'ARGUMENTS_INVALID', message: `no image set '${id}' in this project; it has ${known}` })
}

/**
 * Gives the process the images that a specification's task draws from, unless it has them or the project has none of that
 * id; the task itself then says what is missing.
 */
export async function attachImages(client: ComputeClient, store: Store, { task }: Pick<RunSpec, 'task'>): Promise<void> {
  const id = task.id === 'digits' ? task.settings['images'] : undefined
  if (typeof id !== 'string' || id === '') return
  if ((await client.images.has({ id })).isHeld) return
  const set = store.imageSets.load(id)
  if (set) await client.images.attach({ id, set })
}
