/**
 * The order in which training sees examples.
 *
 * Full batch: every step sees the whole training set in the order of the shuffled list. Minibatches: each pass draws a
 * permutation and is cut into batches of the wanted size, the last one possibly smaller. The cursor names the pass, how
 * much of it is consumed, and the generator state its permutation was drawn from, so that a resumed run draws it again.
 *
 * The training set is uploaded once; a minibatch is a gather on the backend.
 */
import { createRng } from '../../base/rng'
import type { Disposable } from '../../base/disposable'
import { tf, type Tensor } from '../../engine/tf'
import { placesOf, type Dataset } from '../tasks/task'
import type { TrainingState } from './training-state'

type Cursor = TrainingState['cursor']

export interface Batch {
  /** [batch, pos] */
  readonly tokens: Tensor
  /** [batch · scored] */
  readonly labels: Tensor
  /** Where in training it came from, for messages: `examples 0 to 63 of pass 2`. */
  readonly name: string
}

export interface Batches extends Disposable {
  /** The batch at the cursor. Valid until the next `advance`; not the caller's to dispose. */
  current(): Batch
  advance(): void
  cursor(): Cursor
}

export function createBatches(dataset: Dataset, batchSize: number, start: Cursor): Batches {
  const count = dataset.train.length
  const isWhole = batchSize === 0 || batchSize >= count
  const size = isWhole ? count : batchSize
  const { tokens, labels } = uploadTrainingSet(dataset)
  const flat = labels.flatten()
  let cursor = start
  let order: Tensor | undefined
  let batch: Batch | undefined

  function current(): Batch {
    batch ??= isWhole ? { tokens, labels: flat, name: `all ${count} examples` } : cut()
    return batch
  }

  function cut(): Batch {
    order ??= tf.tensor1d(createRng(cursor.orderRng).permutation(count), 'int32')
    const length = Math.min(size, count - cursor.offset)
    const [batchTokens, batchLabels] = tf.tidy(() => {
      const members = order!.slice([cursor.offset], [length])
      return [tf.gather(tokens, members), tf.gather(labels, members).flatten()]
    })
    const name = `examples ${cursor.offset} to ${cursor.offset + length - 1} of pass ${cursor.epoch}`
    return { tokens: batchTokens!, labels: batchLabels!, name }
  }

  function release(): void {
    if (!isWhole && batch) tf.dispose([batch.tokens, batch.labels])
    batch = undefined
  }

  function nextPass(): Cursor {
    order?.dispose()
    order = undefined
    if (isWhole) return { ...cursor, epoch: cursor.epoch + 1 }
    const rng = createRng(cursor.orderRng)
    rng.permutation(count)
    return { epoch: cursor.epoch + 1, offset: 0, orderRng: rng.state() }
  }

  return {
    current,
    cursor: () => cursor,
    advance() {
      release()
      const consumed = cursor.offset + size
      cursor = consumed >= count ? nextPass() : { ...cursor, offset: consumed }
    },
    dispose() {
      release()
      order?.dispose()
      tf.dispose([tokens, labels, flat])
    },
  }
}

function uploadTrainingSet(dataset: Dataset): { tokens: Tensor; labels: Tensor } {
  const { train, tokens, labels, n_ctx, scoredPositions } = dataset
  const rows = new Int32Array(train.length * n_ctx)
  train.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
  return {
    tokens: tf.tensor2d(rows, [train.length, n_ctx], 'int32'),
    labels: tf.tensor2d(placesOf(train, dataset).map((place) => labels[place]!), [train.length, scoredPositions.length], 'int32'),
  }
}
