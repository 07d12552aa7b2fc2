import { describe, expect, test } from 'vitest'
import { tf } from '@main/engine/tf'
import residualDecomposition from '@main/lab/interpret/residual-decomposition'
import { expectClose, onEachBackend } from '../../../fixtures/backends'
import { inductionNetwork } from '../../../fixtures/induction-network'
import { randomTokens, tinyTransformer } from '../../../fixtures/transformers'

onEachBackend(() => {
  test('norms and cosines are those of the recorded stream', () => {
    const network = tinyTransformer({ settings: { normalization: 'LN' } })
    const sequences = { tokens: randomTokens(3), length: 5 }
    const found = residualDecomposition.measure(network, { sequences })
    const names = [...found.points, ...found.writers]
    const { logits, cache } = network.record(sequences, names)
    const rows = new Map(names.map((name) => [name, chunked([...cache.get(name)!.dataSync()], 8)]))
    tf.dispose([logits, ...cache.values()])
    network.dispose()

    const last = rows.get('blocks.1.hook_resid_post')!
    const meanOver = (name: string, value: (row: number[], i: number) => number): number => mean(rows.get(name)!.map(value))
    expectClose(found.norm.data, found.points.map((name) => meanOver(name, norm)), { atol: 1e-5 })
    expectClose(found.finalCosine.data, found.points.map((name) => meanOver(name, (row, i) => cosine(row, last[i]!))), { atol: 1e-5 })
    expectClose(found.writeNorm.data, found.writers.map((name) => meanOver(name, norm)), { atol: 1e-5 })
    const before = ['blocks.0.hook_resid_pre', 'blocks.0.hook_resid_mid', 'blocks.0.hook_resid_post', 'blocks.1.hook_resid_mid']
    const cosines = found.writers.map((name, w) => meanOver(name, (row, i) => cosine(row, rows.get(before[w]!)![i]!)))
    expectClose(found.writeCosine.data, cosines, { atol: 1e-5 })
  })
})

const norm = (row: readonly number[]): number => Math.hypot(...row)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const cosine = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0) / (norm(x) * norm(y))
const chunked = (values: readonly number[], size: number): number[][] =>
  Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size))

describe('the residual stream', () => {
  test('starts, with one-hot tokens and positions, at a length of root two', () => {
    const network = inductionNetwork()
    const { norm: norms, writeCosine } = residualDecomposition.measure(network, { sequences: { tokens: Int32Array.of(0, 1, 2), length: 3 } })
    network.dispose()

    expect(norms.data[0]).toBeCloseTo(Math.SQRT2, 6)
    // The previous-token head writes to a slot of its own.
    expect(writeCosine.data[0]).toBeCloseTo(0, 6)
  })

  test('padding is in no mean', () => {
    const network = tinyTransformer()
    const tokens = Int32Array.of(1, 2, 3, 0, 0)
    const padded = residualDecomposition.measure(network, { sequences: { tokens, length: 5, mask: Uint8Array.of(1, 1, 1, 0, 0) } })
    const short = residualDecomposition.measure(network, { sequences: { tokens: tokens.subarray(0, 3), length: 3 } })
    network.dispose()

    expectClose(padded.norm.data, short.norm.data, { atol: 1e-5 })
    expectClose(padded.writeCosine.data, short.writeCosine.data, { atol: 1e-5 })
  })
})
