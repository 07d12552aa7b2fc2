/**
 * Random numbers that a checkpoint can carry.
 *
 * Training, splits and initial weights draw from a generator whose whole state is four 32-bit words, so that a run
 * resumed from a checkpoint draws exactly what the uninterrupted one would have drawn. Streams for different purposes
 * are derived by name (`rng.fork('labels')`), so drawing more numbers for one purpose never shifts another.
 *
 * Generator: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), seeded by
 * splitmix32. Not for secrets.
 */

export type RngState = readonly [number, number, number, number]

export interface Rng {
  /** Uniform integer in [0, 2^32). */
  uint32(): number
  /** Uniform in [0, 1), 24 bits, exactly representable in float32. */
  uniform(): number
  /** Uniform integer in [0, bound), without modulo bias. */
  below(bound: number): number
  /** Standard normal by Box-Muller; each call draws two uniforms and keeps no spare, so that the state is the state. */
  normal(): number
  /** A permutation of 0..length-1 (Fisher-Yates). */
  permutation(length: number): Int32Array
  /** An independent generator for a named purpose; does not advance this one. */
  fork(purpose: string): Rng
  state(): RngState
}

export function createRng(seed: number | RngState): Rng {
  const s = typeof seed === 'number' ? stateFromSeed(seed) : Uint32Array.from(seed)

  function uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const t = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= t
    s[3] = rotateLeft(s[3]!, 11)
    return scrambled
  }

  function below(bound: number): number {
    // Draws under 2^32 mod bound are the biased tail; drawing again keeps every residue equally likely.
    const tail = (0x100000000 - bound) % bound
    let draw = uint32()
    while (draw < tail) draw = uint32()
    return draw % bound
  }

  return {
    uint32,
    below,
    uniform: () => (uint32() >>> 8) / 0x1000000,
    normal() {
      // 1 - u lies in (0, 1], so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - (uint32() >>> 8) / 0x1000000))
      return radius * Math.cos((2 * Math.PI * (uint32() >>> 8)) / 0x1000000)
    },
    permutation(length) {
      const order = Int32Array.from({ length }, (_, i) => i)
      for (let i = length - 1; i > 0; i--) {
        const j = below(i + 1)
        const kept = order[i]!
        order[i] = order[j]!
        order[j] = kept
      }
      return order
    },
    fork(purpose) {
      let hash = 0x811c9dc5
      for (const word of s) hash = Math.imul(hash ^ word, 0x01000193)
      for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193)
      return createRng(hash >>> 0)
    },
    state: () => [s[0]!, s[1]!, s[2]!, s[3]!],
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** Expands one number into a non-zero state. Source: splitmix32, the seeding the xoshiro authors recommend. */
function stateFromSeed(seed: number): Uint32Array {
  let counter = seed | 0
  return Uint32Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) | 0
    let word = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  })
}
