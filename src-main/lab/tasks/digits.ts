/**
 * Which class an image is of. The images are a person's own, taken into the project as IDX files (decision 0011); a run
 * names the set by its id, which holds a hash of the content, so that equal specifications train equally.
 *
 * 1. `trainCount` + `testCount` images are drawn from the set without repetition and kept in the set's order.
 * 2. A permutation of them is drawn; its first `trainCount` are the training examples.
 *
 * A token is a pixel's grey, 0 to 255, row by row: an amount and not a name, which the model mlp-stack reads as one.
 * Without the set there are no examples, as for a network that came without its training data.
 */
import { integer, text } from '../../base/settings'
import { defineTask, type Dataset } from './task'

const none = new Int32Array(0)
/** Pixels and classes where no set says otherwise: MNIST's. */
const usual = { pixels: 28 * 28, classes: 10 }

export default defineTask({
  id: 'digits',
  title: 'Images',
  help: 'Tell which class a grey image is of, such as a handwritten digit. The images come from IDX files of your own.',
  source: 'arXiv:2310.19470 app. B; LeCun et al., Gradient-based learning applied to document recognition',
  fields: {
    images: text({ title: 'Image set', help: 'Id of a set of images of this project. Drop two IDX files, images and labels, to take one in.', default: '' }),
    trainCount: integer({ title: 'Training images', help: 'Fewer are memorized sooner and generalize less.', default: 1000, min: 1, max: 60_000 }),
    testCount: integer({ title: 'Test images', help: 'Images that training does not see.', default: 1000, min: 1, max: 60_000 }),
  },

  check({ images, trainCount, testCount }, resources) {
    if (!resources) return []
    const set = images === '' ? undefined : resources.images(images)
    if (!set) return [{ key: 'images', message: `the project has no image set '${images}'; drop two IDX files, images and labels, and choose it` }]
    const count = set.labels.length
    if (trainCount + testCount <= count) return []
    return [{ key: 'trainCount', message: `${trainCount} training and ${testCount} test images are more than the ${count} of the set` }]
  },

  create({ images, trainCount, testCount }, rng, resources): Dataset {
    const set = resources?.images(images)
    const { pixels, classes } = set ? { pixels: set.rows * set.columns, classes: set.classes } : usual
    const dims = { n_ctx: pixels, d_vocab: 256, d_vocab_out: classes, scoredPositions: [pixels - 1] }
    if (!set) {
      return { ...dims, exampleCount: 0, tokens: none, labels: none, trueLabels: none, splits: { trainClean: none, trainCorrupted: none, test: none }, train: none }
    }
    const drawn = rng.fork('images').permutation(set.labels.length).slice(0, trainCount + testCount).sort()
    const tokens = new Int32Array(drawn.length * pixels)
    drawn.forEach((image, example) => tokens.set(set.images.subarray(image * pixels, (image + 1) * pixels), example * pixels))
    const labels = Int32Array.from(drawn, (image) => set.labels[image]!)
    const order = rng.fork('split').permutation(drawn.length)
    const train = order.slice(0, trainCount)
    return { ...dims, exampleCount: drawn.length, tokens, labels, trueLabels: labels, splits: { trainClean: train, trainCorrupted: none, test: order.slice(trainCount) }, train }
  },
})
