import { defineMigration } from './migration'

export default defineMigration({
  id: '0006-image-sets',
  up(db) {
    db.exec(`
      -- images: uint8 [image, row, column], raw deflate; labels: uint8 [image]. size_bytes stands before both.
      CREATE TABLE image_sets (
        id           TEXT PRIMARY KEY,
        name         TEXT NOT NULL,
        image_count  INTEGER NOT NULL,
        row_count    INTEGER NOT NULL,
        column_count INTEGER NOT NULL,
        classes      INTEGER NOT NULL,
        size_bytes   INTEGER NOT NULL,
        made_at_ms   REAL NOT NULL,
        images       BLOB NOT NULL,
        labels       BLOB NOT NULL
      ) STRICT;
    `)
  },
})
