import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PairSource, PatchSweep } from '@contract/patching'
import type { PromptSource, TokenizerChoice } from '@contract/prompts'
import { givenPairs } from '@renderer/views/patching/use-pair-source'
import { createTestHost, ended, tinyTransformerRun, type TestHost } from '../../../fixtures/host'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
let tokenizer: TokenizerChoice

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec: tinyTransformerRun() })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
  tokenizer = { kind: 'run', runId }
})
afterAll(() => it.end())

const drawn = (settings: Record<string, number | boolean>): Extract<PromptSource, { kind: 'drawn' }> => ({
  kind: 'drawn',
  generatorId: 'modular-arithmetic',
  settings,
  seed: 5,
})

/** Keeps a set and reads it back as pairs, as the Patching view does. */
async function kept(settings: Record<string, number | boolean>): Promise<PairSource> {
  const card = await it.client.prompts.keep({ source: drawn(settings), name: 'sums' })
  const source = { kind: 'stored', promptSetId: card.id } as const
  const { tokens } = await it.client.prompts.tokenize({ source, tokenizer, startToken: false, keepsSplit: false })
  return givenPairs(card.name, tokens)!
}

async function swept(source: PairSource): Promise<PatchSweep> {
  let last: PatchSweep | undefined
  const terms = { source, direction: 'denoise', metric: 'logit-difference', kind: 'resid_pre', grid: 'layer-pos', estimates: false } as const
  await it.client.patching.sweep({ ...at, ...terms }, (sweep) => void (last = sweep))
  return last!
}

describe('a prompt set kept in the project', { timeout: 30_000 }, () => {
  test('is read in the words of a transformer’s own task, with its sums as answers', async () => {
    const source = await kept({ p: 7, equalsToken: true, prompts: 12 })
    const { count, clean, answers, wrong, ids, texts } = await it.client.patching.pairs({ ...at, source })

    expect([count, clean.shape, texts[ids.data.indexOf(7)]]).toEqual([12, [12, 3], '='])
    const sum = (i: number): number => (clean.data[3 * i]! + clean.data[3 * i + 1]!) % 7
    expect([...answers.data]).toEqual(Array.from({ length: 12 }, (_, i) => sum(i)))
    expect(answers.data.some((answer, i) => answer === wrong.data[i])).toBe(false)
  })

  test('is swept: the stream restored where clean and corrupted differ gives the clean metric, elsewhere the corrupted one', async () => {
    const { values, clean, corrupted, total, done, how } = await swept(await kept({ p: 7, equalsToken: true, prompts: 12 }))
    const atStart = (pos: number): number => values.data[pos]!

    // Only b differs, at position 1, so that the whole difference enters the first layer there.
    expect([values.shape, done]).toEqual([[2, 3], total])
    expect(Math.abs(clean - corrupted)).toBeGreaterThan(1e-4)
    expect(atStart(1)).toBeCloseTo(clean, 5)
    expect([atStart(0), atStart(2)]).toEqual([expect.closeTo(corrupted, 5), expect.closeTo(corrupted, 5)])
    expect(how.spec['dataset']).toBe('sums, 12 pairs')
  })

  test('drawn with another modulus is refused by the tokenizer of the run, in words', async () => {
    const { fit } = await it.client.prompts.preview({
      source: drawn({ p: 97, prompts: 20 }),
      first: 20,
      tokenizer,
      startToken: false,
      keepsSplit: false,
    })

    expect(fit!.droppedCount).toBe(20)
    expect(fit!.read).toEqual(Array.from({ length: 20 }, () => null))
    expect(fit!.problem).toContain('none of 20 prompts fits this tokenizer')
  })
})

describe('prompts drawn as the task of a run asks for', () => {
  test.each([
    ['modular-arithmetic', { p: 7, equalsToken: true }],
    ['repeated-sequences', { vocabulary: 32, length: 8, startToken: true }],
    ['symbolic-ioi', {}],
    ['symbolic-colored-objects', { order: 'colour object' }],
    ['max-of-two', {}],
  ])('all fit the tokens of %s', async (taskId, settings) => {
    const run = it.host.store().runs.create({
      name: taskId,
      spec: { ...tinyTransformerRun(), task: { id: taskId, settings } },
      lastStep: 1,
      madeWith: 'cpu',
    })
    const generator = (await it.client.prompts.generators({})).find(({ trainedAs }) => taskId in trainedAs)!
    const same = Object.fromEntries(Object.entries(settings).filter(([key]) => key in generator.fields))
    const { count, fit } = await it.client.prompts.preview({
      source: { kind: 'drawn', generatorId: generator.id, settings: { ...same, ...generator.trainedAs[taskId] }, seed: 1 },
      first: 0,
      tokenizer: { kind: 'run', runId: run.id },
      startToken: 'startToken' in settings,
      keepsSplit: false,
    })

    expect(fit).toMatchObject({ keptCount: count, droppedCount: 0, splitCount: 0 })
    expect(fit!.problem).toBeUndefined()
  })
})
