import type { Database } from 'better-sqlite3'
import { createId } from '../../base/id'
import { err, ok, type Result } from '../../base/result'
import type { Clock } from '../../base/time'
import type { PromptSet, PromptSetCard } from '../../contract/prompts'
import type { Store } from './store'

interface CardRow {
  readonly id: string
  readonly name: string
  readonly source: string
  readonly generatorId: string | null
  readonly count: number
  readonly isPaired: number
  readonly hasVocabulary: number
  readonly madeAtMs: number
}

export function createPromptSets(
  db: Database,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): Store['promptSets'] {
  const columns = `id, name, source, json_extract(prompts, '$.drawn.generatorId') AS generatorId, prompt_count AS count, is_paired AS isPaired, has_vocabulary AS hasVocabulary,
    made_at_ms AS madeAtMs`
  const all = db.prepare<[], CardRow>(`SELECT ${columns} FROM prompt_sets ORDER BY rowid`)
  const one = db.prepare<[string], { prompts: string }>('SELECT prompts FROM prompt_sets WHERE id = ?')
  const insert = db.prepare(`INSERT INTO prompt_sets
    VALUES (:id, :name, :source, :count, :isPaired, :hasVocabulary, :madeAtMs, :prompts)`)
  const remove = db.prepare('DELETE FROM prompt_sets WHERE id = ?')

  return {
    list: () => all.all().map(cardOf),
    write(name, set) {
      const madeAtMs = clock.nowMs()
      const row = {
        id: createId('prompts', madeAtMs, random),
        name,
        source: set.source,
        generatorId: set.drawn?.generatorId ?? null,
        count: set.prompts.length,
        isPaired: Number(set.prompts.every(({ corrupted }) => corrupted !== undefined)),
        hasVocabulary: Number(set.vocabulary !== undefined),
        madeAtMs,
      }
      const { generatorId: _inPrompts, ...values } = row
      insert.run({ ...values, prompts: JSON.stringify(set) })
      return cardOf(row)
    },
    load(id): Result<PromptSet, 'PROMPTS_NOT_FOUND'> {
      const row = one.get(id)
      if (row) return ok(JSON.parse(row.prompts) as PromptSet) // validated before it was stored
      const names = all.all().map((card) => `${card.id} (${card.name})`).join(', ') || 'none'
      return err('PROMPTS_NOT_FOUND', `the project has no prompt set '${id}'; it has ${names}`)
    },
    remove: (id) => void remove.run(id),
  }
}

function cardOf({ generatorId, isPaired, hasVocabulary, ...card }: CardRow): PromptSetCard {
  return { ...card, ...(generatorId !== null && { generatorId }), isPaired: isPaired !== 0, hasVocabulary: hasVocabulary !== 0 }
}
