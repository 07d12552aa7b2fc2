import { defineMigration } from './migration'

export default defineMigration({
  id: '0002-imports',
  up(db) {
    db.exec(`
      -- Where a run that was not trained here came from.
      CREATE TABLE imports (
        run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        record TEXT NOT NULL
      ) STRICT;

      -- Small files that came with a checkpoint and are read again: its tokenizer's.
      CREATE TABLE import_files (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        name   TEXT NOT NULL,
        bytes  BLOB NOT NULL,
        PRIMARY KEY (run_id, name)
      ) STRICT;

      -- What a person decided about files of this content; it outlives the run.
      CREATE TABLE import_drafts (
        hash  TEXT PRIMARY KEY,
        draft TEXT NOT NULL
      ) STRICT;
    `)
  },
})
