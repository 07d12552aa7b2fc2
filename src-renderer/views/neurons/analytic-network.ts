/**
 * A small network with known answers, for fixtures and tests: f(a, b) = W (U e_a + V e_b)², p = 23.
 *
 * Generalizing neurons are cosines of four harmonics with phases on a 3 × 3 grid, so that every term of the
 * square but the cosine of a + b − output cancels: alone they answer all pairs with a + b mod p. Memorizing
 * neurons are one a, one b and one wrong output each: they answer their corrupted training pair with its
 * wrong label and disturb the pairs that share its a or its b. Dead neurons are zero.
 * Source of the cosine solution: arXiv:2301.02679, eq. 5.
 */

export const modulus = 23
const harmonics = [2, 5, 7, 10] as const
const phaseSteps = 3
const memorizedCount = 24
const deadCount = 4
/** Outweighs 4 harmonics × 9/2, the generalizing neurons' right answer, at its own pair alone. */
const memorizedStrength = 5.2

export interface AnalyticNetwork {
  readonly count: number
  /** [neuron][residue]. */
  readonly inputA: readonly Float64Array[]
  readonly inputB: readonly Float64Array[]
  readonly output: readonly Float64Array[]
  /** Harmonic and phases the neuron was made with; undefined for those that are no cosines. */
  readonly made: readonly (
    { readonly freq: number; readonly phase: readonly [number, number, number] } | undefined
  )[]
  /** Index a · p + b → wrong label. */
  readonly corrupted: ReadonlyMap<number, number>
  isTraining(pair: number): boolean
}

export interface SplitAccuracies {
  readonly trainClean: number
  readonly trainCorrupted: number
  readonly test: number
  readonly trueLabel: number
  readonly train: number
}

export function createAnalyticNetwork(): AnalyticNetwork {
  const inputA: Float64Array[] = []
  const inputB: Float64Array[] = []
  const output: Float64Array[] = []
  const made: AnalyticNetwork['made'][number][] = []
  const corrupted = new Map<number, number>()
  const add = (
    a: Float64Array,
    b: Float64Array,
    w: Float64Array,
    source?: AnalyticNetwork['made'][number],
  ): void => {
    inputA.push(a)
    inputB.push(b)
    output.push(w)
    made.push(source)
  }
  for (let i = 0; i < memorizedCount; i++) {
    const [a, b] = [(i * 7 + 1) % modulus, (i * 11 + 3) % modulus]
    const label =
      (a + b + 5 + i) % modulus === (a + b) % modulus ? (a + b + 1) % modulus : (a + b + 5 + i) % modulus
    corrupted.set(a * modulus + b, label)
    add(oneHot(a), oneHot(b), oneHot(label, memorizedStrength))
  }
  for (let i = 0; i < deadCount; i++) add(oneHot(0, 0), oneHot(0, 0), oneHot(0, 0))
  for (const freq of harmonics) {
    for (let i = 0; i < phaseSteps ** 2; i++) {
      const phaseA = (2 * Math.PI * (i % phaseSteps)) / phaseSteps
      const phaseB = (2 * Math.PI * Math.floor(i / phaseSteps)) / phaseSteps
      const phase = [phaseA, phaseB, phaseA + phaseB] as const
      add(cosine(freq, phaseA), cosine(freq, phaseB), cosine(freq, phaseA + phaseB), { freq, phase })
    }
  }
  // Every corrupted pair is a training pair; of the others, two in three.
  const isTraining = (pair: number): boolean => corrupted.has(pair) || (pair * 7919) % 3 !== 0
  return { count: inputA.length, inputA, inputB, output, made, corrupted, isTraining }
}

/** Brute force over all pairs with some neurons removed. */
export function accuraciesWithout(network: AnalyticNetwork, removed: ReadonlySet<number>): SplitAccuracies {
  const hits = { trainClean: 0, trainCorrupted: 0, test: 0, trueLabel: 0 }
  const totals = { trainClean: 0, trainCorrupted: 0, test: 0 }
  for (let pair = 0; pair < modulus ** 2; pair++) {
    const truth = (Math.floor(pair / modulus) + (pair % modulus)) % modulus
    const answer = answerTo(network, pair, removed)
    const wrong = network.corrupted.get(pair)
    const split = wrong !== undefined ? 'trainCorrupted' : network.isTraining(pair) ? 'trainClean' : 'test'
    totals[split]++
    if (answer === (wrong ?? truth)) hits[split]++
    if (wrong !== undefined && answer === truth) hits.trueLabel++
  }
  return {
    trainClean: hits.trainClean / totals.trainClean,
    trainCorrupted: hits.trainCorrupted / totals.trainCorrupted,
    test: hits.test / totals.test,
    trueLabel: hits.trueLabel / totals.trainCorrupted,
    train: (hits.trainClean + hits.trainCorrupted) / (totals.trainClean + totals.trainCorrupted),
  }
}

function answerTo(network: AnalyticNetwork, pair: number, removed: ReadonlySet<number>): number {
  const [a, b] = [Math.floor(pair / modulus), pair % modulus]
  const logits = new Float64Array(modulus)
  for (let neuron = 0; neuron < network.count; neuron++) {
    if (removed.has(neuron)) continue
    const active = activation(network, neuron, a, b)
    if (active === 0) continue
    const column = network.output[neuron]!
    for (let q = 0; q < modulus; q++) logits[q]! += active * column[q]!
  }
  return logits.indexOf(Math.max(...logits))
}

export function activation(network: AnalyticNetwork, neuron: number, a: number, b: number): number {
  return (network.inputA[neuron]![a]! + network.inputB[neuron]![b]!) ** 2
}

/** Magnitudes of harmonics 0 … (p − 1) / 2, normalized to a sum of squares of one; zeros stay zeros. */
export function spectrum(values: Float64Array): Float64Array {
  const magnitudes = Float64Array.from({ length: (modulus + 1) / 2 }, (_, freq) => {
    let real = 0
    let imaginary = 0
    for (let i = 0; i < modulus; i++) {
      real += values[i]! * Math.cos((2 * Math.PI * freq * i) / modulus)
      imaginary += values[i]! * Math.sin((2 * Math.PI * freq * i) / modulus)
    }
    return Math.hypot(real, imaginary)
  })
  const size = Math.hypot(...magnitudes) || 1
  return magnitudes.map((magnitude) => magnitude / size)
}

/** Fourth power of the ratio of 4-norm and 2-norm of a normalized spectrum. */
export function participation(magnitudes: Float64Array): number {
  return magnitudes.reduce((sum, magnitude) => sum + magnitude ** 4, 0)
}

function cosine(freq: number, phase: number): Float64Array {
  return Float64Array.from({ length: modulus }, (_, i) =>
    Math.cos((2 * Math.PI * freq * i) / modulus + phase),
  )
}

function oneHot(at: number, value = 1): Float64Array {
  return Float64Array.from({ length: modulus }, (_, i) => (i === at ? value : 0))
}
