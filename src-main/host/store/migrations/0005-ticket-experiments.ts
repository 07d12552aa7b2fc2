import { defineMigration } from './migration'

export default defineMigration({
  id: '0005-ticket-experiments',
  up(db) {
    db.exec(`
      -- record: plan, arms and the runs they came to, as JSON. An experiment goes with the run it is about.
      CREATE TABLE ticket_experiments (
        id         TEXT PRIMARY KEY,
        run_id     TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        created_ms REAL NOT NULL,
        record     TEXT NOT NULL
      ) STRICT;
      CREATE INDEX ticket_experiments_by_run ON ticket_experiments (run_id);
    `)
  },
})
