import { describe, expect, test } from 'vitest'
import * as words from '@contract/words'
import { analyses } from '@main/lab/interpret'
import { patchMetrics } from '@main/lab/interpret/components/patch-metric'
import { patchDirections } from '@main/lab/interpret/components/patch-recording'
import { patchGrids, siteKinds } from '@main/lab/interpret/components/patch-sites'
import { pruneOrders } from '@main/lab/interpret/components/prune-order'
import { circuitKinds } from '@main/lab/interpret/head-circuits'
import { compositionKinds } from '@main/lab/interpret/head-composition'
import { defaultRoleThresholds, roles } from '@main/lab/interpret/fourier'

describe.each([...analyses])('$id', (analysis) => {
  test('says what it computes and where that comes from', () => {
    expect(analysis.definition.length).toBeGreaterThan(40)
    expect(analysis.source).toMatch(/arXiv:\d{4}\.\d{5}/)
    expect(analysis.title).toMatch(/^[A-Z]/)
  })
})

test('roles, their thresholds, pruning orders and kinds of circuits are those of the contract', () => {
  expect(roles).toEqual(words.roles)
  expect(defaultRoleThresholds).toEqual(words.defaultRoleThresholds)
  expect(pruneOrders).toEqual(words.pruneOrders)
  expect(circuitKinds).toEqual(words.circuitKinds)
  expect(compositionKinds).toEqual(words.compositionKinds)
})

test('kinds of sites, grids, metrics and directions of patching are those of the contract', () => {
  expect(patchMetrics).toEqual(words.patchMetrics)
  expect(patchDirections).toEqual(words.patchDirections)
  expect(siteKinds).toEqual(words.siteKinds)
  expect(patchGrids).toEqual(words.patchGrids)
})
