import type { Database } from 'better-sqlite3'
import type { ImportDraft, ImportRecord } from '../../contract/imports'
import type { ImportedFile, Store } from './store'

export function createImports(db: Database): Store['imports'] {
  const insert = db.prepare<[string, string]>('INSERT OR REPLACE INTO imports VALUES (?, ?)')
  const insertFile = db.prepare<[string, string, Uint8Array]>('INSERT OR REPLACE INTO import_files VALUES (?, ?, ?)')
  const insertDraft = db.prepare<[string, string]>('INSERT OR REPLACE INTO import_drafts VALUES (?, ?)')
  const record = db.prepare<[string], { record: string }>('SELECT record FROM imports WHERE run_id = ?')
  const files = db.prepare<[string], ImportedFile>('SELECT name, bytes FROM import_files WHERE run_id = ? ORDER BY name')
  const draft = db.prepare<[string], { draft: string }>('SELECT draft FROM import_drafts WHERE hash = ?')

  const write = db.transaction((runId: string, kept: ImportRecord, companions: readonly ImportedFile[]) => {
    insert.run(runId, JSON.stringify(kept))
    for (const { name, bytes } of companions) insertFile.run(runId, name, bytes)
    insertDraft.run(kept.hash, JSON.stringify(kept.draft))
  })

  return {
    write: (runId, kept, companions) => write.immediate(runId, kept, companions),
    find: (runId) => parse<ImportRecord>(record.get(runId)?.record),
    files: (runId) => files.all(runId),
    draft: (hash) => parse<ImportDraft>(draft.get(hash)?.draft),
  }
}

function parse<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T) // validated before it was stored
}
