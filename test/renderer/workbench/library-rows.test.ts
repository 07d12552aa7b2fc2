import { libraryRows, type LibraryContent } from '@renderer/workbench/library-rows'
import { describe, expect, test } from 'vitest'
import { checkpointsOf, runOf } from '../sample-project'

const card = (name: string, isOpen: boolean, changedMs: number) => ({ name, isOpen, changedMs, sizeBytes: 1, isSample: false })
const content = (change: Partial<LibraryContent> = {}): LibraryContent => ({
  projects: [card('other', false, 9), card('mine', true, 1)],
  runs: [runOf('dropout 0.6', { tags: ['figure 4'] }), runOf('weight decay')],
  areRunsLoaded: true,
  checkpoints: new Map(),
  search: '',
  ...change,
})
const ids = (change?: Partial<LibraryContent>): readonly string[] => libraryRows(content(change)).map(({ id }) => id)

describe('the library', () => {
  test('lists the open project first, with its runs under it', () => {
    expect(ids()).toEqual(['project mine', 'run dropout 0.6', 'run weight decay', 'project other'])
  })

  test('lists an expanded run’s checkpoints under it', () => {
    const found = ids({ checkpoints: new Map([['dropout 0.6', checkpointsOf().slice(0, 2)]]) })

    expect(found.slice(1, 5)).toEqual(['run dropout 0.6', 'checkpoint dropout 0.6 0', 'checkpoint dropout 0.6 50', 'run weight decay'])
  })

  test.each([
    ['decay', 'run weight decay'],
    ['figure', 'run dropout 0.6'],
  ])('search for %s leaves %s', (search, left) => {
    expect(ids({ search })).toEqual(['project mine', left, 'project other'])
  })

  test.each([
    [{ runs: [], areRunsLoaded: false }, 'Reading runs'],
    [{ runs: [] }, 'No runs yet; New run starts one'],
    [{ search: 'xyz' }, 'No run fits “xyz”'],
  ])('says why there is no run: %o', (change, text) => {
    expect(libraryRows(content(change))).toContainEqual(expect.objectContaining({ kind: 'note', text }))
  })
})
