/** Labelled grey images of one size: what a task on images draws its examples from. */
import { err, ok, type Result } from '../../../base/result'

export interface ImageSet {
  readonly rows: number
  readonly columns: number
  /** Labels are 0 … classes - 1. */
  readonly classes: number
  /** 0 to 255: [image, row, column]. */
  readonly images: Uint8Array
  /** [image] */
  readonly labels: Uint8Array
}

interface Bytes {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

const mostPixels = 2 ** 14

/** Images [image, row, column] and their labels [image] as a set, when they are of each other. */
export function imageSetOf(images: Bytes, labels: Bytes): Result<ImageSet, 'IMPORT_REFUSED'> {
  const [count = 0, rows = 0, columns = 0] = images.shape
  if (images.shape.length !== 3 || rows * columns === 0 || rows * columns > mostPixels) {
    return err('IMPORT_REFUSED', `the images are [${images.shape.join(', ')}]; expected [images, rows, columns] of at most ${mostPixels} pixels`)
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count || count < 2) {
    return err('IMPORT_REFUSED', `${count} images but labels of shape [${labels.shape.join(', ')}]; expected one label an image, and two images at least`)
  }
  let classes = 0
  for (const label of labels.data) classes = Math.max(classes, label + 1)
  if (classes < 2) return err('IMPORT_REFUSED', 'all images have label 0; expected two classes at least')
  return ok({ rows, columns, classes, images: images.data, labels: labels.data })
}
