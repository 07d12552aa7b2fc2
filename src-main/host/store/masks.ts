import type { Database } from 'better-sqlite3'
import { sizeOf, type FloatArray } from '../../base/array'
import { createId } from '../../base/id'
import { err, ok, unwrap, type Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { MaskCard, MaskLayer } from '../../contract/masks'
import type { Masks, NewMask } from './store'
import type { Tensors } from './tensors'

interface MaskRow extends Omit<MaskCard, 'score' | 'madeFrom' | 'layers'> {
  readonly score: string | null
  readonly madeFrom: string | null
}

interface UseRow {
  readonly name: string
  readonly axes: string
  readonly shape: string
  readonly kept: number
  readonly tensor_id: number
}

export function createMasks(
  db: Database,
  tensors: Tensors,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Masks & { removeHidden(): void } {
  const columns = `id, family, version, name, run_id AS runId, step, score, how, sparsity, made_from AS madeFrom, made_at_ms AS madeAtMs`
  const all = db.prepare<[], MaskRow>(`SELECT ${columns} FROM masks WHERE NOT is_hidden ORDER BY rowid`)
  const ofRun = db.prepare<[string], MaskRow>(`SELECT ${columns} FROM masks WHERE run_id = ? AND NOT is_hidden ORDER BY rowid`)
  const one = db.prepare<[string], MaskRow>(`SELECT ${columns} FROM masks WHERE id = ?`)
  const uses = db.prepare<[string], UseRow>(`
    SELECT name, axes, shape, kept, tensor_id FROM mask_tensors JOIN tensors ON tensors.id = tensor_id
    WHERE mask_id = ? ORDER BY position`)
  const newest = db.prepare<[string], { version: number }>('SELECT max(version) AS version FROM masks WHERE family = ?')
  const insert = db.prepare(`
    INSERT INTO masks (id, family, version, name, run_id, step, score, how, sparsity, made_from, made_at_ms)
    VALUES (:id, :family, :version, :name, :runId, :step, :score, :how, :sparsity, :madeFrom, :madeAtMs)`)
  const insertUse = db.prepare('INSERT INTO mask_tensors VALUES (?, ?, ?, ?, ?, ?)')
  const rename = db.prepare('UPDATE masks SET name = :name WHERE family = (SELECT family FROM masks WHERE id = :id)')
  const hide = db.prepare<[number, string]>('UPDATE masks SET is_hidden = ? WHERE id = ?')
  const removeHidden = db.prepare('DELETE FROM masks WHERE is_hidden')

  function find(maskId: string): Result<MaskCard, 'MASK_NOT_FOUND'> {
    const row = one.get(maskId)
    if (row) return ok(cardOf(row, uses.all(maskId)))
    return err('MASK_NOT_FOUND', `no mask '${maskId}' in this project; it has ${all.all().length} masks`)
  }

  const write = db.transaction(({ arrays, madeFrom, score, ...row }: NewMask): string => {
    const madeAtMs = clock.nowMs()
    const id = createId('mask', madeAtMs, random)
    const parent = madeFrom === undefined ? undefined : unwrap(find(madeFrom))
    const isVersion = parent?.name === row.name
    const [family, version] = isVersion ? [parent.family, newest.get(parent.family)!.version + 1] : [id, 1]
    insert.run({ ...row, id, family, version, score: score ?? null, madeFrom: madeFrom ?? null, madeAtMs })
    for (const [position, [name, array]] of Object.entries(arrays).entries()) {
      insertUse.run(id, position, name, JSON.stringify(array.axes), keptOf(array), tensors.write(array).id)
    }
    return id
  })

  return {
    write: (mask) => write.immediate(mask),
    list: (runId) => (runId === undefined ? all.all() : ofRun.all(runId)).map((row) => cardOf(row, uses.all(row.id))),
    load(maskId) {
      const row = one.get(maskId)
      if (!row) return undefined
      const rows = uses.all(maskId)
      const arrays = rows.map(({ name, axes, tensor_id: tensorId }): [string, FloatArray] => {
        const stored = unwrap(tensors.load(tensorId, JSON.parse(axes) as string[], `${name} of mask ${maskId}`))
        return [name, stored.array as FloatArray] // a mask holds float32 arrays only
      })
      return { ...cardOf(row, rows), arrays: Object.fromEntries(arrays) }
    },
    rename(maskId, name) {
      rename.run({ id: maskId, name })
      return find(maskId)
    },
    setHidden(maskId, isHidden) {
      hide.run(isHidden ? 1 : 0, maskId)
      return find(maskId)
    },
    removeHidden: () => void removeHidden.run(),
  }
}

function cardOf({ score, madeFrom, ...row }: MaskRow, uses: readonly UseRow[]): MaskCard {
  const layers = uses.map(({ name, axes, shape, kept }): MaskLayer => {
    const lengths = JSON.parse(shape) as number[]
    return { name, axes: JSON.parse(axes) as string[], shape: lengths, kept, count: sizeOf(lengths) }
  })
  return { ...row, ...(score !== null && { score }), ...(madeFrom !== null && { madeFrom }), layers }
}

function keptOf({ data }: FloatArray): number {
  let kept = 0
  for (const value of data) if (value !== 0) kept++
  return kept
}
