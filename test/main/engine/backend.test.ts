import { describe, expect, test } from 'vitest'
import { err, ok } from '@main/base/result'
import { chooseBackend, madeWith, type BackendCandidate } from '@main/engine/backend'
import { backendCandidates } from '@main/engine/backends'
import { tf } from '@main/engine/tf'

const [cpu] = backendCandidates.filter(({ id }) => id === 'cpu')
const missing = (id: string): BackendCandidate => ({
  id,
  title: id,
  load: () => Promise.resolve(err('BACKEND_UNAVAILABLE', `package ${id} is not installed`)),
})

describe('choosing a backend', () => {
  test('the first candidate that loads is taken, and the reason names what kept the faster ones out', async () => {
    const chosen = await chooseBackend([missing('abacus'), missing('loom'), cpu!])

    expect(chosen).toMatchObject({
      ok: true,
      value: {
        id: 'cpu',
        reason: 'not available: abacus: package abacus is not installed; loom: package loom is not installed',
      },
    })
    expect(tf.getBackend()).toBe('cpu')
  })

  test('candidates after the first that loads are not loaded', async () => {
    let loads = 0
    const counted: BackendCandidate = { ...cpu!, id: 'counted', load: () => (loads++, cpu!.load()) }
    await chooseBackend([cpu!, counted])

    expect(loads).toBe(0)
  })

  test('a wanted backend is taken though a faster one would load', async () => {
    const chosen = await chooseBackend(backendCandidates, { wanted: 'cpu' })

    expect(chosen).toMatchObject({ ok: true, value: { id: 'cpu', reason: 'it was asked for' } })
  })

  test('a wanted backend that does not load is an error with its reason, not a slower backend', async () => {
    expect(await chooseBackend([missing('abacus'), cpu!], { wanted: 'abacus' })).toEqual(
      err('BACKEND_UNAVAILABLE', 'abacus: package abacus is not installed'),
    )
  })

  test('an unknown backend is an error that lists the known ones', async () => {
    expect(await chooseBackend(backendCandidates, { wanted: 'quantum' })).toEqual(
      err('BACKEND_UNAVAILABLE', `unknown backend 'quantum'; known: ${backendCandidates.map(({ id }) => id).join(', ')}`),
    )
  })

  test('a backend that registers nothing under its name is passed over', async () => {
    const hollow: BackendCandidate = {
      ...cpu!,
      id: 'hollow',
      load: () => Promise.resolve(ok({ registeredAs: 'hollow', versions: {}, capabilities: { isGpu: false, hasSimd: false, threads: 1 } })),
    }
    const chosen = await chooseBackend([hollow, cpu!])

    expect(chosen).toMatchObject({ ok: true, value: { id: 'cpu' } })
    expect(chosen.ok && chosen.value.reason).toContain("hollow: TensorFlow.js could not start its backend 'hollow'")
  })

  test.each([...backendCandidates])('$id either loads or says what is missing, and does not throw', async (candidate) => {
    const loaded = await candidate.load()

    if (loaded.ok) expect(loaded.value.capabilities.threads).toBeGreaterThan(0)
    else expect(loaded.error.message).toMatch(/^(package @tensorflow|the addon|the program) ?\S+/)
  })

  test('wasm and cpu are there on every machine', async () => {
    const loaded = await Promise.all(backendCandidates.filter(({ id }) => ['wasm', 'cpu'].includes(id)).map((c) => c.load()))

    expect(loaded.map((result) => result.ok)).toEqual([true, true])
  })

  test('what a run records names the backend and the versions under it', async () => {
    const chosen = await chooseBackend(backendCandidates, { wanted: 'wasm' })

    expect(chosen.ok && madeWith(chosen.value)).toMatch(/^wasm \(tfjs-backend-wasm [\d.]+, tfjs-core [\d.]+, node [\d.]+\)$/)
  })
})
