import type { Database } from 'better-sqlite3'
import { createId } from '../../base/id'
import { err, ok, type Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { ReportItem, StoredReportItem } from '../../contract/reports'
import type { Store } from './store'

interface ItemRow {
  readonly id: string
  readonly at_ms: number
  readonly item: string
}

export function createReports(
  db: Database,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Store['reports'] {
  const all = db.prepare<[], ItemRow>('SELECT id, at_ms, item FROM report_items ORDER BY position')
  const ids = db.prepare<[], { id: string }>('SELECT id FROM report_items ORDER BY position')
  const one = db.prepare<[string], ItemRow>('SELECT id, at_ms, item FROM report_items WHERE id = ?')
  const put = db.prepare('INSERT INTO report_items (id, position, at_ms, item) VALUES (?, -1, ?, ?)')
  const update = db.prepare('UPDATE report_items SET item = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM report_items WHERE id = ?')
  const place = db.prepare('UPDATE report_items SET position = ? WHERE id = ?')

  /** Puts one item at a place among the others; an index past the end means the end. */
  function arrange(id: string, index: number): void {
    const order = ids.all().map((row) => row.id).filter((other) => other !== id)
    order.splice(index, 0, id)
    for (const [position, each] of order.entries()) place.run(position, each)
  }

  const insert = db.transaction(({ id, atMs, item }: StoredReportItem, index: number) => {
    put.run(id, atMs, JSON.stringify(item))
    arrange(id, index)
  })
  const move = db.transaction(arrange)

  function find(id: string): Result<StoredReportItem, 'REPORT_ITEM_NOT_FOUND'> {
    const row = one.get(id)
    if (row) return ok(itemOf(row))
    return err('REPORT_ITEM_NOT_FOUND', `the report has no item '${id}'; it has ${ids.all().length} others`)
  }

  return {
    list: () => all.all().map(itemOf),
    add(item) {
      const atMs = clock.nowMs()
      const stored = { id: createId('item', atMs, random), atMs, item }
      insert.immediate(stored, Infinity)
      return stored
    },
    change(id, item) {
      update.run(JSON.stringify(item), id)
      return find(id)
    },
    remove(id) {
      const removed = find(id)
      remove.run(id)
      return removed
    },
    insert: (stored, index) => insert.immediate(stored, index),
    move(id, index) {
      const found = find(id)
      if (!found.ok) return found
      move.immediate(id, index)
      return ok(undefined)
    },
  }
}

function itemOf({ id, at_ms: atMs, item }: ItemRow): StoredReportItem {
  return { id, atMs, item: JSON.parse(item) as ReportItem } // validated before it was stored
}
