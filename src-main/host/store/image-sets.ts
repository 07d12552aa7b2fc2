import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import type { Clock } from '../../base/time'
import type { ImageSetCard } from '../../contract/images'
import type { ImageSet, ImageSets } from './store'

interface ContentRow {
  readonly rows: number
  readonly columns: number
  readonly classes: number
  readonly count: number
  readonly images: Buffer
  readonly labels: Buffer
}

/** Images are mostly blank: deflated quickly they take a quarter of the room. */
const level = 1

export function createImageSets(db: Database, { clock }: { readonly clock: Clock }): ImageSets {
  const columns = 'id, name, image_count AS count, row_count AS rows, column_count AS columns, classes, size_bytes AS sizeBytes, made_at_ms AS madeAtMs'
  const all = db.prepare<[], ImageSetCard>(`SELECT ${columns} FROM image_sets ORDER BY rowid`)
  const one = db.prepare<[string], ImageSetCard>(`SELECT ${columns} FROM image_sets WHERE id = ?`)
  const content = db.prepare<[string], ContentRow>(`
    SELECT row_count AS rows, column_count AS columns, classes, image_count AS count, images, labels FROM image_sets WHERE id = ?`)
  const insert = db.prepare(`
    INSERT OR IGNORE INTO image_sets
    VALUES (:id, :name, :count, :rows, :columns, :classes, :sizeBytes, :madeAtMs, :images, :labels)`)
  const remove = db.prepare('DELETE FROM image_sets WHERE id = ?')

  return {
    list: () => all.all(),
    write(name, { rows, columns: width, classes, images, labels }) {
      const hash = createHash('sha256').update(`${rows} ${width} `).update(images).update(labels).digest('hex')
      const id = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'images'}-${hash.slice(0, 8)}`
      const packed = deflateRawSync(images, { level })
      insert.run({
        id,
        name,
        count: labels.length,
        rows,
        columns: width,
        classes,
        sizeBytes: packed.length + labels.length,
        madeAtMs: clock.nowMs(),
        images: packed,
        labels: Buffer.from(labels),
      })
      return one.get(id)!
    },
    load(id): ImageSet | undefined {
      const row = content.get(id)
      if (!row) return undefined
      const { images, labels, count, ...sizes } = row
      const pixels = inflateRawSync(images, { maxOutputLength: Math.max(1, count * sizes.rows * sizes.columns) })
      return { ...sizes, images: Uint8Array.from(pixels), labels: Uint8Array.from(labels) }
    },
    remove: (id) => void remove.run(id),
  }
}
