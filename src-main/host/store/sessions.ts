import type { Database } from 'better-sqlite3'
import type { Store } from './store'

export function createSessions(db: Database): Store['sessions'] {
  const load = db.prepare<[], { session: string }>('SELECT session FROM sessions')
  const save = db.prepare<[string]>('INSERT OR REPLACE INTO sessions VALUES (1, ?)')
  const layouts = db.prepare<[], { name: string; session: string }>('SELECT name, session FROM layouts ORDER BY name')
  const saveLayout = db.prepare<[string, string]>('INSERT OR REPLACE INTO layouts VALUES (?, ?)')
  const removeLayout = db.prepare<[string]>('DELETE FROM layouts WHERE name = ?')

  return {
    load: () => load.get()?.session,
    save: (session) => void save.run(session),
    layouts: () => layouts.all(),
    saveLayout: (name, session) => void saveLayout.run(name, session),
    removeLayout: (name) => void removeLayout.run(name),
  }
}
