/**
 * One forward pass for all who ask about the same network on the same inputs.
 *
 * Views ask several questions of one checkpoint at once, and each records other activations of what is the same pass. A
 * remembering network keeps what was recorded, a bounded number of bytes over all networks that share the memory, and
 * answers from it. A pass records what anybody wanted on these inputs before: after the first checkpoint of a hand that
 * moves along a run there is one pass a checkpoint.
 *
 * Only passes without hooks, from the tokens on and of every position are remembered; the rest goes through. What is
 * handed out is the caller's to dispose, as from any network.
 */
import { tf, type Tensor } from '../../../engine/tf'
import type { Network, Sequences } from '../network'

export interface PassMemoryOptions {
  /** Bytes of activations kept in all. */
  readonly mostBytes: number
  /** Inputs of more tokens are not remembered. */
  readonly mostTokens: number
}

export interface PassMemory {
  /** The same network with remembered passes; disposing it forgets them. */
  remembering(network: Network): Network
}

type Recorded = ReturnType<Network['record']>

interface Pass extends Recorded {
  readonly bytes: number
}

/** Inputs whose wanted names are known. */
const knownInputs = 32

export function createPassMemory({ mostBytes, mostTokens }: PassMemoryOptions): PassMemory {
  /** By network and inputs; insertion order is the order of use. */
  const passes = new Map<string, Pass>()
  const wantedOn = new Map<string, Set<string>>()
  let bytes = 0
  let networkCount = 0

  function forget(key: string): void {
    const pass = passes.get(key)
    if (!pass) return
    passes.delete(key)
    bytes -= pass.bytes
    tf.dispose([pass.logits, ...pass.cache.values()])
  }

  function keep(key: string, pass: Pass): void {
    if (pass.bytes > mostBytes) return tf.dispose([pass.logits, ...pass.cache.values()])
    forget(key)
    tf.keep(pass.logits)
    passes.set(key, pass)
    bytes += pass.bytes
    for (const oldest of passes.keys()) {
      if (bytes <= mostBytes) break
      forget(oldest)
    }
  }

  /** The names anybody wanted on these inputs, the new ones among them. */
  function wanted(inputs: string, names: readonly string[]): ReadonlySet<string> {
    const all = wantedOn.get(inputs) ?? new Set()
    wantedOn.delete(inputs)
    wantedOn.set(inputs, all)
    for (const name of names) all.add(name)
    for (const oldest of wantedOn.keys()) {
      if (wantedOn.size <= knownInputs) break
      wantedOn.delete(oldest)
    }
    return all
  }

  return {
    remembering(network) {
      const prefix = `${networkCount++} `
      const known = new Set(network.hookPoints.map(({ name }) => name))

      function record(input: Int32Array | Sequences, names: readonly string[]): Recorded | undefined {
        const inputs = keyOf(input, network.dims.n_ctx, mostTokens)
        if (inputs === undefined) return undefined
        const key = prefix + inputs
        const held = passes.get(key)
        if (held && names.every((name) => held.cache.has(name))) {
          passes.delete(key)
          passes.set(key, held)
          return handedOut(held, names)
        }
        const all = [...wanted(inputs, names)].filter((name) => known.has(name) || names.includes(name))
        const made = network.record(input, all)
        const pass = { ...made, bytes: bytesOf([made.logits, ...made.cache.values()]) }
        const out = handedOut(pass, names)
        keep(key, pass)
        return out
      }

      return {
        ...network,
        record: (input, names, hooks) =>
          (hooks && Object.keys(hooks).length > 0 ? undefined : record(input, names)) ?? network.record(input, names, hooks),
        dispose() {
          for (const key of [...passes.keys()]) if (key.startsWith(prefix)) forget(key)
          network.dispose()
        },
      }
    },
  }
}

/** Undefined for inputs that are not remembered. */
function keyOf(input: Int32Array | Sequences, n_ctx: number, mostTokens: number): string | undefined {
  const { tokens, length, mask, scored, from }: Sequences = input instanceof Int32Array ? { tokens: input, length: n_ctx } : input
  if (scored || from || tokens.length > mostTokens) return undefined
  return `${length}:${tokens.join()}:${mask?.join('') ?? ''}`
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { size }) => sum + 4 * size, 0)
}

/** Copies share their numbers with the original. */
function handedOut({ logits, cache }: Recorded, names: readonly string[]): Recorded {
  const copies = names.map((name): [string, Tensor] => [name, tf.keep(cache.get(name)!.clone())]) // record fills every name
  return { logits: logits.clone(), cache: new Map(copies) }
}
