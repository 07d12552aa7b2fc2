/** Every loss: chance for a network that knows nothing, nothing left for one that knows, a gradient that lowers it. */
import { describe, expect, test } from 'vitest'
import { defaultsOf } from '@main/base/settings'
import { scoped, tf, type Tensor } from '@main/engine/tf'
import { losses } from '@main/lab/losses'
import { onEachBackend, valuesOf } from '../fixtures/backends'

const classes = 11
const labels = [3, 0, 10, 7, 3]

/** What a loss is for logits that are all zero, and the size of logits at which a right answer costs nothing. */
const known: Readonly<Record<string, { readonly chance: number; readonly certain: number }>> = {
  'cross-entropy': { chance: Math.log(classes), certain: 100 },
  mse: { chance: 1 / classes, certain: 1 },
}

onEachBackend(() => {
  describe.each([...losses])('$id', (loss) => {
    const settings = defaultsOf(loss.fields) as never
    const ofLogits = (logits: Tensor): Tensor => loss.measure(settings, logits, tf.tensor1d(labels, 'int32'))
    const rightAnswer = (scale: number): Tensor =>
      tf.oneHot(tf.tensor1d(labels, 'int32'), classes).cast('float32').mul(scale)

    test('is that of chance for logits of zero', () => {
      const found = scoped(() => valuesOf(ofLogits(tf.zeros([labels.length, classes]))))

      expect(found).toHaveLength(1)
      expect(found[0]).toBeCloseTo(known[loss.id]!.chance, 5)
    })

    test('is zero for the right answer and larger for a wrong one', () => {
      scoped(() => {
        const right = rightAnswer(known[loss.id]!.certain)
        const wrong = tf.reverse(right, 1)

        expect(valuesOf(ofLogits(right))[0]).toBeCloseTo(0, 6)
        expect(valuesOf(ofLogits(wrong))[0]).toBeGreaterThan(known[loss.id]!.chance)
      })
    })

    test('is the mean over the batch: repeating every example changes nothing', () => {
      scoped(() => {
        const logits = tf.linspace(-2, 2, labels.length * classes).reshape([labels.length, classes])
        const twice = loss.measure(settings, tf.concat([logits, logits]), tf.tensor1d([...labels, ...labels], 'int32'))

        expect(valuesOf(twice)[0]).toBeCloseTo(valuesOf(ofLogits(logits))[0]!, 6)
      })
    })

    test('a small step against its gradient lowers it by the squared norm of the gradient', () => {
      scoped(() => {
        const logits = tf.linspace(-2, 2, labels.length * classes).reshape([labels.length, classes])
        const grad = tf.grad(ofLogits)(logits)
        const step = 0.05
        const [before, after] = [ofLogits(logits), ofLogits(logits.sub(grad.mul(step)))].map((x) => valuesOf(x)[0]!)
        const predicted = step * valuesOf(grad.square().sum())[0]!

        expect((before! - after!) / predicted).toBeCloseTo(1, 1)
      })
    })

    test('it has a unit and says where it comes from', () => {
      expect(['nats', '1']).toContain(loss.unit)
      expect(loss.source.length).toBeGreaterThan(10)
    })
  })
})
