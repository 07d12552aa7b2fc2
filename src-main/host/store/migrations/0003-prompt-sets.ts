import { defineMigration } from './migration'

export default defineMigration({
  id: '0003-prompt-sets',
  up(db) {
    db.exec(`
      -- prompts: the whole set as JSON; the columns before it are what a list shows.
      CREATE TABLE prompt_sets (
        id             TEXT PRIMARY KEY,
        name           TEXT NOT NULL,
        source         TEXT NOT NULL,
        prompt_count   INTEGER NOT NULL,
        is_paired      INTEGER NOT NULL,
        has_vocabulary INTEGER NOT NULL,
        made_at_ms     REAL NOT NULL,
        prompts        TEXT NOT NULL
      ) STRICT;
    `)
  },
})
