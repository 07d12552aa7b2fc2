import type { Database } from 'better-sqlite3'
import type { FloatArray } from '../../base/array'
import { createId } from '../../base/id'
import { unwrap } from '../../base/result'
import type { Clock } from '../../base/time'
import type { Mask, Store } from './store'
import type { Tensors } from './tensors'

interface MaskRow {
  readonly id: string
  readonly runId: string
  readonly step: number
  readonly name: string
  readonly how: string
  readonly sparsity: number
}

interface UseRow {
  readonly name: string
  readonly axes: string
  readonly tensor_id: number
}

export function createMasks(
  db: Database,
  tensors: Tensors,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Store['masks'] {
  const columns = 'id, run_id AS runId, step, name, how, sparsity'
  const all = db.prepare<[], MaskRow>(`SELECT ${columns} FROM masks ORDER BY rowid`)
  const ofRun = db.prepare<[string], MaskRow>(`SELECT ${columns} FROM masks WHERE run_id = ? ORDER BY rowid`)
  const one = db.prepare<[string], MaskRow>(`SELECT ${columns} FROM masks WHERE id = ?`)
  const uses = db.prepare<[string], UseRow>(
    'SELECT name, axes, tensor_id FROM mask_tensors WHERE mask_id = ? ORDER BY position')
  const insert = db.prepare('INSERT INTO masks VALUES (:id, :runId, :step, :name, :how, :sparsity)')
  const insertUse = db.prepare('INSERT INTO mask_tensors VALUES (?, ?, ?, ?, ?)')

  const write = db.transaction((mask: Omit<Mask, 'id'>): string => {
    const { arrays, ...row } = mask
    const id = createId('mask', clock.nowMs(), random)
    insert.run({ ...row, id })
    for (const [position, [name, array]] of Object.entries(arrays).entries()) {
      insertUse.run(id, position, name, JSON.stringify(array.axes), tensors.write(array).id)
    }
    return id
  })

  return {
    write: (mask) => write.immediate(mask),
    list: (runId) => (runId === undefined ? all.all() : ofRun.all(runId)),
    load(maskId) {
      const row = one.get(maskId)
      if (!row) return undefined
      const arrays = uses.all(maskId).map(({ name, axes, tensor_id: tensorId }): [string, FloatArray] => {
        const stored = unwrap(tensors.load(tensorId, JSON.parse(axes) as string[], `${name} of mask ${maskId}`))
        return [name, stored.array as FloatArray] // a mask holds float32 arrays only
      })
      return { ...row, arrays: Object.fromEntries(arrays) }
    },
  }
}
