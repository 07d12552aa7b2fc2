import type { Database } from 'better-sqlite3'
import { defineMigration } from './migration'

export default defineMigration({
  id: '0004-mask-lineage',
  up(db) {
    db.exec(`
      -- A mask outlives the run it came from: run_id and step say where that was, whether or not it is still there.
      -- family: id of its first version. kept: number of entries that are not zero.
      CREATE TABLE masks_with_lineage (
        id         TEXT PRIMARY KEY,
        family     TEXT NOT NULL,
        version    INTEGER NOT NULL,
        name       TEXT NOT NULL,
        run_id     TEXT NOT NULL,
        step       INTEGER NOT NULL,
        score      TEXT,
        how        TEXT NOT NULL,
        sparsity   REAL NOT NULL,
        made_from  TEXT,
        made_at_ms REAL NOT NULL,
        is_hidden  INTEGER NOT NULL DEFAULT 0,
        UNIQUE (family, version)
      ) STRICT;

      CREATE TABLE mask_tensors_with_counts (
        mask_id   TEXT NOT NULL REFERENCES masks_with_lineage (id) ON DELETE CASCADE,
        position  INTEGER NOT NULL,
        name      TEXT NOT NULL,
        axes      TEXT NOT NULL,
        kept      INTEGER NOT NULL,
        tensor_id INTEGER NOT NULL REFERENCES tensors (id),
        PRIMARY KEY (mask_id, position)
      ) STRICT, WITHOUT ROWID;

      INSERT INTO masks_with_lineage
        SELECT masks.id, masks.id, 1, masks.name, run_id, masks.step, NULL, how, sparsity, NULL, created_ms, 0
        FROM masks JOIN runs ON runs.id = run_id ORDER BY masks.rowid;
    `)
    copyTensors(db)
    db.exec(`
      DROP TABLE mask_tensors;
      DROP TABLE masks;
      ALTER TABLE masks_with_lineage RENAME TO masks;
      ALTER TABLE mask_tensors_with_counts RENAME TO mask_tensors;
      CREATE INDEX masks_by_run ON masks (run_id);
      CREATE INDEX mask_tensors_by_tensor ON mask_tensors (tensor_id);
      CREATE TRIGGER mask_tensors_release AFTER DELETE ON mask_tensors BEGIN
        INSERT OR IGNORE INTO released_tensors VALUES (old.tensor_id);
      END;
    `)
  },
})

interface OldRow {
  readonly mask_id: string
  readonly position: number
  readonly name: string
  readonly axes: string
  readonly tensor_id: number
  readonly bytes: Buffer
}

function copyTensors(db: Database): void {
  const old = db.prepare<[], OldRow>('SELECT mask_tensors.*, bytes FROM mask_tensors JOIN tensors ON tensors.id = tensor_id').all()
  const insert = db.prepare('INSERT INTO mask_tensors_with_counts VALUES (?, ?, ?, ?, ?, ?)')
  for (const row of old) insert.run(row.mask_id, row.position, row.name, row.axes, keptOf(row.bytes), row.tensor_id)
}

/** Masks of this schema are little-endian float32. */
function keptOf(bytes: Buffer): number {
  let kept = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4) if (bytes.readFloatLE(at) !== 0) kept++
  return kept
}
