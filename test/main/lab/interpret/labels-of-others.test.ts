/**
 * What others' programs say the components of a network's activations are, against the Fourier transform of ours: each
 * component as a function of both inputs, and the share of it that each combination of harmonics holds.
 *
 * Their labels of RIB components are told only so far as they can be: the basis needs the interaction rotations of their
 * RIB graph, and the files hold those of the PCA graph alone. So neither these labels nor the curve of accuracy by RIB
 * components kept can be computed anew; what is compared is what does not depend on the basis.
 */
import { describe, expect, test } from 'vitest'
import { createSpectrum } from '@main/base/spectrum'
import { tf } from '@main/engine/tf'
import activationPca, { accuraciesKeeping } from '@main/lab/interpret/activation-pca'
import { everywhere, useBackend } from '../../../fixtures/backends'
import { networkOfOthers, pairsOfOthers } from '../../../fixtures/modular-addition-of-others'
import { hasShared, sharedText } from '../../../fixtures/shared'

useBackend(everywhere.at(-1)!)

const p = 113
const width = 128
const places = [
  { row: 1, hook: 'blocks.0.hook_resid_mid' },
  { row: 2, hook: 'blocks.0.hook_resid_post' },
] as const
const comparedComponents = 12

/** Sequences a, b, "=" of some pairs. */
function sequencesOf(pairs: Int32Array) {
  const { tokens } = pairsOfOthers()
  return { tokens: Int32Array.from({ length: 3 * pairs.length }, (_, i) => tokens[3 * pairs[Math.floor(i / 3)]! + (i % 3)]!), length: 3 }
}
const allPairs = Int32Array.from({ length: p * p }, (_, pair) => pair)

/** Shares of the power of f(x, y) by what they call its terms. */
function termsOf(values: Float64Array): ReadonlyMap<string, number> {
  const spectrum = createSpectrum(p)
  /** The spectrum's own arrays are written anew each time. */
  const transformed = (of: ArrayLike<number>) => {
    const { re, im } = spectrum.transform(of)
    return { re: re.slice(), im: im.slice() }
  }
  const rows = Array.from({ length: p }, (_, x) => transformed(values.subarray(x * p, (x + 1) * p)))
  const power = new Map<string, number>()
  let total = 0
  const add = (name: string, share: number): void => {
    total += share
    power.set(name, (power.get(name) ?? 0) + share)
  }
  for (let b = 0; b < spectrum.freqCount; b++) {
    const [re, im] = [rows.map((row) => row.re[b]!), rows.map((row) => row.im[b]!)].map(transformed)
    for (let a = 0; a < spectrum.freqCount; a++) {
      // Both signs of a; those of −b are the conjugates.
      const signs = a === 0 ? [1] : [1, -1]
      for (const sign of signs) {
        const real = re!.re[a]! - sign * im!.im[a]!
        const imaginary = sign * re!.im[a]! + im!.re[a]!
        add(nameOf(sign * a, b), (b === 0 ? 1 : 2) * (real ** 2 + imaginary ** 2))
      }
    }
  }
  return new Map([...power].map(([name, share]) => [name, share / total]))
}

function nameOf(a: number, b: number): string {
  if (a === 0 && b === 0) return 'const'
  if (a === 0 || b === 0) return `cos(${Math.abs(a + b)}x) + cos(${Math.abs(a + b)}y)`
  return `cos(${Math.abs(a)}x ${a > 0 ? '+' : '-'} ${b}y)`
}

/** `97% cos(15x) + cos(15y)|2% …` of every component. */
function publishedLabels(file: string, row: number): readonly (readonly { readonly term: string; readonly percent: number }[])[] {
  const cells = sharedText(`data/rib/${file}`).split('\n')[row]!.split(',')
  return cells.map((cell) =>
    cell.split('|').flatMap((part) => {
      const [, percent, term] = /^\s*(\d+)% (.*?)\s*$/.exec(part) ?? []
      return term === undefined ? [] : [{ term, percent: Number(percent) }]
    }),
  )
}

describe.skipIf(!hasShared).each(places)('at $hook', ({ row, hook }) => {
  test('every principal component is made of the harmonics that its published label names, to the percent', () => {
    const network = networkOfOthers()
    const training = sequencesOf(pairsOfOthers().splits.trainClean)
    const { mean, basis } = activationPca.measure(network, { sequences: training, hook, positions: [2] })
    const { logits, cache } = network.record(sequencesOf(allPairs), [hook])
    const activations = Float32Array.from(cache.get(hook)!.dataSync<'float32'>())
    tf.dispose([logits, ...cache.values()])
    network.dispose()
    const labels = publishedLabels('pca_seed0_labels.csv', row)

    expect(labels[0]).toEqual([{ term: 'const', percent: 100 }])
    // The constant is the first of theirs.
    for (let component = 1; component <= comparedComponents; component++) {
      const values = Float64Array.from(allPairs, (pair) => {
        const start = (3 * pair + 2) * width
        let sum = 0
        for (let i = 0; i < width; i++) sum += (activations[start + i]! - mean[i]!) * basis[(component - 1) * width + i]!
        return sum
      })
      const terms = termsOf(values)
      // A product of cosines is a sum of two terms, which are not told apart by its label.
      for (const { term, percent } of labels[component]!.filter(({ term }) => !term.includes('*'))) {
        const found = 100 * (terms.get(term) ?? 0)
        expect(Math.abs(found - percent), `component ${component}: ${term} is ${found} %, published ${percent} %`).toBeLessThanOrEqual(1)
      }
    }
  })
})

describe.skipIf(!hasShared)('of the RIB basis, which the files do not hold,', () => {
  test('the first eight components are labelled with harmonics that the principal components have too', () => {
    const leading = (file: string, count: number): ReadonlySet<string> =>
      new Set(publishedLabels(file, 1).slice(1, count + 1).flatMap(([first]) => first?.term.match(/\d+(?=[xy])/g) ?? []))
    const ours = leading('pca_seed0_labels.csv', 16)
    const theirs = [...leading('rib_seed0_labels.csv', 8)]

    expect(theirs.length).toBeGreaterThan(2)
    for (const harmonic of theirs) expect([...ours]).toContain(harmonic)
  })

  test('the curve begins and ends where nothing depends on it: all kept is the network, one kept is its mean', () => {
    const { results, no_ablation_result: whole } = JSON.parse(sharedText('data/rib/node_rib_seed0_ablation_results.json')) as {
      results: Readonly<Record<'ln2.0' | 'unembed', Readonly<Record<string, number>>>>
      no_ablation_result: number
    }
    const { splits, labels } = pairsOfOthers()
    const test = { ...sequencesOf(splits.test), scored: { positions: Int32Array.of(2), count: 1 } }
    const network = networkOfOthers()
    for (const [place, { hook }] of [['ln2.0', places[0]], ['unembed', places[1]]] as const) {
      const components = activationPca.measure(network, { sequences: sequencesOf(splits.trainClean), hook, positions: [2] })
      const [mean, all] = accuraciesKeeping(network, { sequences: test, hook, positions: [2] }, {
        components,
        kept: [1, width + 1],
        labels: splits.test.map((pair) => labels[pair]!),
      })
      const kept = Object.keys(results[place]).map(Number)
      expect(mean).toBeCloseTo(results[place]['1']!, 3)
      expect(all).toBeCloseTo(whole, 3)
      expect(results[place][Math.max(...kept)]).toBeCloseTo(whole, 6)
    }
    network.dispose()
  })
})
