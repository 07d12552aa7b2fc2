import { defineMigration } from './migration'

export default defineMigration({
  id: '0001-first-schema',
  up(db) {
    db.exec(`
      CREATE TABLE runs (
        id         TEXT PRIMARY KEY,
        name       TEXT NOT NULL,
        state      TEXT NOT NULL,
        recipe     TEXT,
        parent     TEXT,
        spec       TEXT NOT NULL,
        tags       TEXT NOT NULL,
        created_ms REAL NOT NULL,
        step       INTEGER NOT NULL,
        last_step  INTEGER NOT NULL,
        made_with  TEXT NOT NULL,
        failure    TEXT,
        is_hidden  INTEGER NOT NULL DEFAULT 0,
        size_bytes INTEGER NOT NULL DEFAULT 0
      ) STRICT;

      -- hash: sha256 over dtype, shape and bytes. size_bytes stands before bytes, so that sums do not read the blobs.
      CREATE TABLE tensors (
        id         INTEGER PRIMARY KEY,
        hash       BLOB NOT NULL UNIQUE,
        dtype      TEXT NOT NULL,
        shape      TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        bytes      BLOB NOT NULL
      ) STRICT;

      -- Tensors that lost a reference and may be deleted once they have none; emptied in small pieces.
      CREATE TABLE released_tensors (tensor_id INTEGER PRIMARY KEY) STRICT;

      CREATE TABLE checkpoints (
        id                  INTEGER PRIMARY KEY,
        run_id              TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step                INTEGER NOT NULL,
        hash                TEXT NOT NULL,
        has_optimizer_state INTEGER NOT NULL,
        size_bytes          INTEGER NOT NULL,
        rng                 TEXT NOT NULL,
        cursor              TEXT NOT NULL,
        UNIQUE (run_id, step)
      ) STRICT;

      CREATE TABLE checkpoint_tensors (
        checkpoint_id INTEGER NOT NULL REFERENCES checkpoints (id) ON DELETE CASCADE,
        part          TEXT NOT NULL CHECK (part IN ('params', 'buffers', 'slots')),
        position      INTEGER NOT NULL,
        name          TEXT NOT NULL,
        axes          TEXT NOT NULL,
        tensor_id     INTEGER NOT NULL REFERENCES tensors (id),
        PRIMARY KEY (checkpoint_id, part, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX checkpoint_tensors_by_tensor ON checkpoint_tensors (tensor_id);

      CREATE TRIGGER checkpoint_tensors_release AFTER DELETE ON checkpoint_tensors BEGIN
        INSERT OR IGNORE INTO released_tensors VALUES (old.tensor_id);
      END;

      CREATE TABLE series (
        id     INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        name   TEXT NOT NULL,
        UNIQUE (run_id, name)
      ) STRICT;

      -- steps: int32, ascending; vals: float64; both little-endian and of equal count.
      CREATE TABLE chunks (
        series_id  INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
        first_step INTEGER NOT NULL,
        last_step  INTEGER NOT NULL,
        steps      BLOB NOT NULL,
        vals       BLOB NOT NULL,
        PRIMARY KEY (series_id, first_step)
      ) STRICT;

      CREATE TABLE masks (
        id       TEXT PRIMARY KEY,
        run_id   TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step     INTEGER NOT NULL,
        name     TEXT NOT NULL,
        how      TEXT NOT NULL,
        sparsity REAL NOT NULL
      ) STRICT;
      CREATE INDEX masks_by_run ON masks (run_id);

      CREATE TABLE mask_tensors (
        mask_id   TEXT NOT NULL REFERENCES masks (id) ON DELETE CASCADE,
        position  INTEGER NOT NULL,
        name      TEXT NOT NULL,
        axes      TEXT NOT NULL,
        tensor_id INTEGER NOT NULL REFERENCES tensors (id),
        PRIMARY KEY (mask_id, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX mask_tensors_by_tensor ON mask_tensors (tensor_id);

      CREATE TRIGGER mask_tensors_release AFTER DELETE ON mask_tensors BEGIN
        INSERT OR IGNORE INTO released_tensors VALUES (old.tensor_id);
      END;

      CREATE TABLE report_items (
        id       TEXT PRIMARY KEY,
        position INTEGER NOT NULL,
        at_ms    REAL NOT NULL,
        item     TEXT NOT NULL
      ) STRICT;

      CREATE TABLE sessions (
        id      INTEGER PRIMARY KEY CHECK (id = 1),
        session TEXT NOT NULL
      ) STRICT;

      CREATE TABLE layouts (
        name    TEXT PRIMARY KEY,
        session TEXT NOT NULL
      ) STRICT;

      CREATE TABLE verdicts (
        id        INTEGER PRIMARY KEY,
        recipe_id TEXT NOT NULL,
        at_ms     REAL NOT NULL,
        verdict   TEXT NOT NULL
      ) STRICT;
      CREATE INDEX verdicts_by_recipe ON verdicts (recipe_id, at_ms);
    `)
  },
})
