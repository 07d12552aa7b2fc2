import { fuzzyFilter, fuzzyScore } from '@renderer/workbench/fuzzy'
import { describe, expect, test } from 'vitest'

const titles = ['New run', 'Open neurons', 'Next checkpoint', 'no weight decay, seed 1', 'weight decay 15']
const found = (typed: string): readonly string[] => fuzzyFilter(titles, typed, (title) => title)

describe('finding by letters', () => {
  test('letters have to occur in their order', () => {
    expect([fuzzyScore('nr', 'New run') !== undefined, fuzzyScore('rnw', 'New run')]).toEqual([true, undefined])
  })

  test.each([
    ['new', 'New run'],
    ['run new', 'New run'],
    ['neur', 'Open neurons'],
    ['nc', 'Next checkpoint'],
    ['decay 15', 'weight decay 15'],
  ])('%s finds %s first', (typed, first) => {
    expect(found(typed)[0]).toBe(first)
  })

  test('nothing typed keeps everything in its order', () => {
    expect(found('  ')).toEqual(titles)
  })
})
