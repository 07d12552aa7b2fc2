import type { Database } from 'better-sqlite3'
import type { Verdict } from '../../contract/recipes'
import type { Store } from './store'

export function createVerdicts(db: Database): Store['verdicts'] {
  const insert = db.prepare<[string, number, string]>(
    'INSERT INTO verdicts (recipe_id, at_ms, verdict) VALUES (?, ?, ?)')
  const all = db.prepare<[], { verdict: string }>('SELECT verdict FROM verdicts ORDER BY at_ms DESC, id DESC')
  const ofRecipe = db.prepare<[string], { verdict: string }>(
    'SELECT verdict FROM verdicts WHERE recipe_id = ? ORDER BY at_ms DESC, id DESC')

  return {
    write: (verdict) => void insert.run(verdict.recipeId, verdict.atMs, JSON.stringify(verdict)),
    list(recipeId) {
      const rows = recipeId === undefined ? all.all() : ofRecipe.all(recipeId)
      return rows.map(({ verdict }) => JSON.parse(verdict) as Verdict) // validated before it was stored
    },
  }
}
