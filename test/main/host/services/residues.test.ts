import { afterAll, beforeAll, expect, test } from 'vitest'
import circularity from '@main/lab/interpret/circularity'
import progressMeasures from '@main/lab/interpret/progress-measures'
import type { Network } from '@main/lab/models/network'
import type { Dataset } from '@main/lab/tasks/task'
import { createTestHost, ended, tinyRun, tinyTransformerRun, type TestHost } from '../../../fixtures/host'
import { withStored } from '../../../fixtures/stored-network'

let it: TestHost
let at: { readonly runId: string; readonly step: number }
const spec = tinyTransformerRun()

beforeAll(async () => {
  it = await createTestHost()
  const { runId, jobId } = await it.client.runs.start({ name: 'tiny', spec })
  await ended(it.client, jobId)
  at = { runId, step: 2 }
})
afterAll(() => it.end())

/** The stored network and what it was trained on, without the services. */
const direct = <T>(use: (network: Network, dataset: Dataset) => T): T => withStored({ it, at, spec }, use)

test('progress measures are those of the stored weights, with their own key frequencies or others', async () => {
  const own = direct((network, dataset) => progressMeasures.measure(network, { dataset }))
  const others = direct((network, dataset) => progressMeasures.measure(network, { dataset, freqs: [1, 3] }))

  const answered = await it.client.residues.progress(at)
  expect(answered).toMatchObject({ modulus: 7, freqs: own.freqs })
  expect(answered.testLoss).toBeCloseTo(own.testLoss, 6)
  expect([...answered.shares.data]).toEqual([...own.shares])
  const handedIn = await it.client.residues.progress({ ...at, freqs: [1, 3] })
  expect(handedIn.restrictedLoss).toBeCloseTo(others.restrictedLoss, 6)
  expect([...handedIn.excludedLosses.data]).toEqual([...others.excludedLosses])
  expect(handedIn.how.spec).toMatchObject({ keyFrequencies: 'handed in: 1, 3' })
  await expect(it.client.residues.progress({ ...at, freqs: [4] })).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID' })
})

test('geometry has unit components that are those whose circularity is measured', async () => {
  const { circularity: found, symmetricity, components, freqs } = await it.client.residues.geometry(at)

  expect(found.value).toBeCloseTo(direct((network) => circularity.measure(network, {})), 9)
  expect(Math.abs(symmetricity.value!)).toBeLessThanOrEqual(1)
  expect(components!.shape).toEqual([4, 7])
  for (let i = 0; i < 4; i++) expect(Math.hypot(...components!.data.slice(7 * i, 7 * i + 7))).toBeCloseTo(1, 9)
  expect(freqs!.data.every((freq) => freq >= 1 && freq <= 3)).toBe(true)
})

test('all directions kept answer as the network does; none answer as one that sees nothing', async () => {
  const { kept, accuracies, shares, hooks, hook } = await it.client.residues.directions(at)
  const right = direct((network, { tokens, n_ctx, trueLabels, scoredPositions, exampleCount }) => {
    const logits = network.run({ tokens, length: n_ctx, scored: { positions: Int32Array.from(scoredPositions), count: 1 } })
    const classes = logits.argMax(-1)
    const found = Array.from(classes.dataSync()).filter((answer, i) => answer === trueLabels[i]).length / exampleCount
    classes.dispose()
    logits.dispose()
    return found
  })

  expect(hooks).toContain(hook)
  expect([...shares.data].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
  expect(kept.data[0]).toBe(0)
  if (kept.data.at(-1)! > shares.data.length) expect(accuracies.data.at(-1)).toBeCloseTo(right, 6)
  const byMid = await it.client.residues.directions({ ...at, hook: hooks[0]! })
  expect(byMid.hook).toBe(hooks[0])
  await expect(it.client.residues.directions({ ...at, hook: 'hook_embed' })).rejects.toMatchObject({ code: 'ARGUMENTS_INVALID' })
})

test('a network of another kind, or of another task, is refused in words', async () => {
  const { runId, jobId } = await it.client.runs.start({ name: 'perceptron', spec: tinyRun({ steps: 1 }) })
  await ended(it.client, jobId)

  await expect(it.client.residues.progress({ runId, step: 1 })).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE' })
  await expect(it.client.residues.directions({ runId, step: 1 })).rejects.toMatchObject({ code: 'MODEL_UNSUITABLE' })
  const geometry = await it.client.residues.geometry({ runId, step: 1 })
  expect(geometry.circularity.missing).toContain('W_E')
})
