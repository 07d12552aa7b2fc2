import { describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { recipes } from '@main/lab/recipes'
import { holds, judge, statedRange, type Evidence } from '@main/lab/recipes/claim'
import { specOf } from '@main/lab/recipes/recipe'
import { complaintsAbout, resolveSetup } from '@main/lab/recipes/resolve-setup'
import { readReport } from '@main/lab/reports/report'
import { everywhere, useBackend } from '../fixtures/backends'
import { disposeArms, trainArms, untrainedArms } from '../main/lab/recipes/train-arms'

// The native backend where it could be built: smoke scales are minutes on WebAssembly.
useBackend(everywhere.at(-1)!)

describe.each([...recipes])('$id', (recipe) => {
  const cells = recipe.scales.flatMap(({ id: scaleId }) => recipe.arms.map(({ id: armId }) => ({ scaleId, armId })))

  test.each(cells)('arm $armId at scale $scaleId is a specification that can be trained', (cell) => {
    const spec = specOf(recipe, { ...cell, seed: 1 })

    expect(complaintsAbout(spec)).toEqual([])
    expect(unwrap(resolveSetup(spec)).dataset.train.length).toBeGreaterThan(0)
  })
  test('names its scales, and its claims name arms that exist', () => {
    const arms = new Set(recipe.arms.map(({ id }) => id))

    expect(recipe.scales.map(({ id }) => id)).toEqual(expect.arrayContaining(['smoke', 'paper']))
    for (const [i, { start }] of recipe.arms.entries()) if (start) expect(recipe.arms.slice(0, i).filter((arm) => !arm.start).map(({ id }) => id)).toContain(start.from)
    expect(recipe.claims.flatMap(({ needs }) => needs).filter((id) => !arms.has(id))).toEqual([])
    expect(new Set(recipe.claims.map(({ id }) => id)).size).toBe(recipe.claims.length)
    expect(recipe.claims.filter(({ needs }) => needs.length === 0)).toEqual([])
  })
  test('every claim fails on untrained networks and measurements that never move', () => {
    for (const seed of [1, 2, 3]) {
      const evidence = untrainedArms(recipe, { scaleId: 'smoke', seed })
      const values = recipe.claims.map((claim) => [claim.id, claim.measure(evidence)] as const)
      disposeArms(evidence)

      expect(values.filter(([, value]) => !Number.isFinite(value))).toEqual([])
      expect(recipe.claims.filter((claim, i) => holds(claim, values[i]![1])).map(({ id }) => id)).toEqual([])
    }
  })
  test('every claim is reproduced at smoke scale with seed 1', async () => {
    const evidence: Evidence = await trainArms(recipe, { scaleId: 'smoke', seed: 1 })
    // A claim about an arm that this scale leaves out is judged at another.
    const judged = recipe.claims.filter(({ needs }) => needs.every((arm) => arm in evidence.arms))
    expect(judged).not.toEqual([])
    const verdicts = judged.map((claim) => {
      const value = claim.measure(evidence)
      return { claim: claim.id, value, expect: claim.expect, verdict: judge(claim, [value]) }
    })
    disposeArms(evidence)

    expect(verdicts.filter(({ verdict }) => verdict !== 'reproduced')).toEqual([])
  }, 600_000)
})

const recorded = import.meta.glob<unknown>('../../resources/claims/*.json', { eager: true, import: 'default' })

test.each(Object.entries(recorded))('the recorded verdicts in %s follow from their values, claim by claim', (path, content) => {
  const recipe = recipes.require(path.replace(/^.*\//, '').replace(/\..*$/, ''))
  const { verdicts } = unwrap(readReport(JSON.stringify(content)))

  const claims = new Map(recipe.claims.map((claim) => [claim.id, claim]))
  const judged = verdicts.map(({ claimId, values }) => {
    const claim = claims.get(claimId)
    return claim && { expect: statedRange(claim), verdict: judge(claim, values.map(({ value }) => value)) }
  })
  expect(judged).toEqual(verdicts.map(({ expect: range, verdict }) => ({ expect: range, verdict })))
})
