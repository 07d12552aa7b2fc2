import { describe, expect, test } from 'vitest'
import { createRng } from '@main/base/rng'
import { defaultsOf } from '@main/base/settings'
import { isPrime, operations, type Operation } from '@main/lab/tasks/components/residues'
import task from '@main/lab/tasks/modular-arithmetic'
import type { Dataset } from '@main/lab/tasks/task'

interface Change {
  readonly operation?: Operation
  readonly p?: number
  readonly trainFraction?: number
  readonly corruptedShare?: number
  readonly equalsToken?: boolean
  readonly equalsClass?: boolean
}

const create = (change: Change, seed = 1): Dataset =>
  task.create({ ...defaultsOf(task.fields), ...change } as never, createRng(seed))

const big = (n: number): bigint => BigInt(n)
/** True when c is a∘b mod p, from the meaning of the operation and without the code's shortcuts. */
const meanings: Readonly<Record<Operation, (a: bigint, b: bigint, c: bigint) => bigint>> = {
  '+': (a, b, c) => a + b - c,
  '-': (a, b, c) => a - b - c,
  '*': (a, b, c) => a * b - c,
  '/': (a, b, c) => a - b * c,
  'a^2+b^2': (a, b, c) => a ** 2n + b ** 2n - c,
  'a^3+ab': (a, b, c) => a ** 3n + a * b - c,
}

describe('modular arithmetic', () => {
  test.each(operations)('every label of %s solves its congruence', (operation) => {
    for (const p of [2, 3, 13, 97]) {
      const { tokens, trueLabels, exampleCount } = create({ operation, p })
      for (let example = 0; example < exampleCount; example++) {
        const [a, b, c] = [tokens[2 * example]!, tokens[2 * example + 1]!, trueLabels[example]!]
        if (meanings[operation](big(a), big(b), big(c)) % big(p) !== 0n) {
          expect({ operation, p, a, b, c }).toBe('a solution')
        }
      }
      expect(exampleCount).toBe(operation === '/' ? p * (p - 1) : p * p)
    }
  })

  test('pairs stand in the order a · p + b', () => {
    const { tokens } = create({ p: 5 })

    expect([...tokens].filter((_, i) => i % 2 === 0).map((a, i) => 5 * a + tokens[2 * i + 1]!)).toEqual([
      ...Array(25).keys(),
    ])
  })

  test('the sizes of the splits are those of the paper at p = 97, and of the scaled recipe at p = 59', () => {
    const sizes = ({ splits, train }: Dataset): number[] => [train.length, splits.trainCorrupted.length, splits.test.length]

    expect(sizes(create({ p: 97, trainFraction: 0.5, corruptedShare: 0.35 }))).toEqual([4704, 1646, 4705])
    expect(sizes(create({ p: 59, trainFraction: 0.6, corruptedShare: 0.3 }))).toEqual([2088, 626, 1393])
  })

  test('a share whose product with the count is an integer loses no example to rounding', () => {
    expect(create({ p: 10, trainFraction: 0.29 }).train.length).toBe(29)
  })

  test('corrupting more keeps the split and the labels already redrawn', () => {
    const few = create({ p: 31, corruptedShare: 0.1 })
    const many = create({ p: 31, corruptedShare: 0.4 })

    expect(many.train).toEqual(few.train)
    expect(many.splits.trainCorrupted.slice(0, few.splits.trainCorrupted.length)).toEqual(few.splits.trainCorrupted)
    for (const example of few.splits.trainCorrupted) expect(many.labels[example]).toBe(few.labels[example])
  })

  test('a larger train fraction keeps every training example', () => {
    const small = create({ p: 31, trainFraction: 0.3 })
    const large = create({ p: 31, trainFraction: 0.7 })

    expect(large.train.slice(0, small.train.length)).toEqual(small.train)
  })

  test('redrawn labels are uniform over all classes, one in p of them true', () => {
    const p = 7
    const counts = new Array<number>(p).fill(0)
    let total = 0
    let right = 0
    for (let seed = 0; seed < 200; seed++) {
      const { splits, labels, trueLabels } = create({ p, trainFraction: 1, corruptedShare: 1 }, seed)
      for (const example of splits.trainCorrupted) {
        counts[labels[example]!]!++
        total++
        if (labels[example] === trueLabels[example]) right++
      }
    }

    // Binomial(9800, 1/7) has a standard deviation of 35; five of them leave a fixed seed no room for chance.
    for (const count of counts) expect(Math.abs(count - total / p)).toBeLessThan(175)
    expect(Math.abs(right - total / p)).toBeLessThan(175)
  })

  test('an equals token stands third, has an id of its own, and changes no label and no split', () => {
    const plain = create({ p: 7, corruptedShare: 0.3 })
    const { tokens, ...asked } = create({ p: 7, corruptedShare: 0.3, equalsToken: true })

    expect(asked).toMatchObject({ n_ctx: 3, d_vocab: 8, d_vocab_out: 7, scoredPositions: [2] })
    expect(asked).toMatchObject({ labels: plain.labels, splits: plain.splits, train: plain.train })
    expect([...tokens].filter((_, i) => i % 3 === 2)).toEqual(new Array(49).fill(7))
    expect([...tokens].filter((_, i) => i % 3 < 2)).toEqual([...plain.tokens])
  })

  test('an equals class is one more class and no label', () => {
    const plain = create({ p: 7, equalsToken: true })
    const { labels, d_vocab_out } = create({ p: 7, equalsToken: true, equalsClass: true })
    const refused = task.check!({ operation: '+', p: 7, equalsToken: false, equalsClass: true } as never)

    expect({ labels, d_vocab_out }).toEqual({ labels: plain.labels, d_vocab_out: 8 })
    expect(refused).toMatchObject([{ key: 'equalsClass' }])
  })

  test('division by a composite modulus is refused with the setting named', () => {
    const check = (operation: Operation, p: number): unknown => task.check!({ operation, p } as never)

    expect(check('/', 91)).toEqual([{ key: 'p', message: 'p is 91; division needs a prime modulus' }])
    expect(check('/', 97)).toEqual([])
    expect(check('*', 91)).toEqual([])
  })

  test('primes up to 30 are recognized', () => {
    expect([...Array(31).keys()].filter(isPrime)).toEqual([2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
  })
})
