import { describe, expect, test } from 'vitest'
import { tf } from '@main/engine/tf'
import { createPassMemory } from '@main/lab/models/components/remembered-passes'
import type { Network } from '@main/lab/models/network'
import { useBackend, valuesOf } from '../../../../fixtures/backends'
import { randomTokens, tinyTransformer } from '../../../../fixtures/transformers'

const tokens = randomTokens(4, { seed: 1 })
const others = randomTokens(4, { seed: 2 })
const pattern = 'blocks.0.attn.hook_pattern'
const residual = 'blocks.1.hook_resid_post'

/** A network that counts its passes, and the same with a memory before it. */
function remembered(mostBytes = 2 ** 20): { network: Network; plain: Network; passes: () => number } {
  const plain = tinyTransformer()
  let count = 0
  const counting: Network = { ...plain, record: (...args) => (count++, plain.record(...args)) }
  const network = createPassMemory({ mostBytes, mostTokens: 4096 }).remembering(counting)
  return { network, plain, passes: () => count }
}

/** What a network records under a name, freed. */
function recorded(network: Network, input: Int32Array, name: string, hooks?: Parameters<Network['record']>[2]): number[] {
  const { logits, cache } = network.record(input, [name], hooks)
  const values = [...valuesOf(cache.get(name)!), ...valuesOf(logits)]
  tf.dispose([logits, ...cache.values()])
  return values
}

describe('a network with a memory of passes', () => {
  useBackend('cpu')

  test('answers as the network does, and makes one pass for the second question of the same', () => {
    const { network, plain, passes } = remembered()
    expect(recorded(network, tokens, pattern)).toEqual(recorded(plain, tokens, pattern))
    expect(recorded(network, tokens, pattern)).toEqual(recorded(plain, tokens, pattern))
    expect(passes()).toBe(1)
    expect(recorded(network, others, pattern)).toEqual(recorded(plain, others, pattern))
    expect(passes()).toBe(2)
    network.dispose()
  })

  test('records for the next checkpoint everything that was wanted on these inputs', () => {
    const memory = createPassMemory({ mostBytes: 2 ** 20, mostTokens: 4096 })
    let count = 0
    const [one, two] = [1, 2].map(() => {
      const plain = tinyTransformer()
      return memory.remembering({ ...plain, record: (...args) => (count++, plain.record(...args)) })
    }) as [Network, Network]
    recorded(one, tokens, pattern)
    recorded(one, tokens, residual)
    expect(count).toBe(2)
    recorded(two, tokens, residual)
    recorded(two, tokens, pattern)
    expect(count).toBe(3)
    one.dispose()
    two.dispose()
  })

  test('never answers an intervention from memory', () => {
    const { network, plain, passes } = remembered()
    const zero = { 'blocks.0.hook_resid_pre': (x: ReturnType<typeof tf.zerosLike>) => tf.zerosLike(x) }
    const untouched = recorded(network, tokens, residual)
    expect(recorded(network, tokens, residual, zero)).toEqual(recorded(plain, tokens, residual, zero))
    expect(recorded(network, tokens, residual, zero)).not.toEqual(untouched)
    expect(passes()).toBe(3)
    network.dispose()
  })

  test('holds no more than it may, and nothing after it is disposed', () => {
    const before = tf.memory().numTensors
    const { network, passes } = remembered(1)
    recorded(network, tokens, pattern)
    recorded(network, tokens, pattern)
    expect(passes()).toBe(2)
    network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
