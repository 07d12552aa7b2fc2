/**
 * Image sets: labelled grey images that a person took into the project from IDX files, plain or gzipped. The task `digits`
 * names one by its id. None is bundled; decision 0011 says why.
 */
import { z } from 'zod'
import { call } from './rpc'

export const ImageSetId = z.string().min(1).max(100)
const Count = z.number().int().nonnegative()

export const ImageSetCard = z.object({
  /** Its name and a hash of its content: equal images and labels under one name have one id. */
  id: ImageSetId,
  name: z.string(),
  count: Count,
  rows: Count,
  columns: Count,
  classes: Count,
  sizeBytes: Count,
  madeAtMs: z.number(),
})
export type ImageSetCard = z.infer<typeof ImageSetCard>

/** A file name as it is shown; it names no place on this machine. */
const FileName = z.string().min(1).max(255).regex(/^[^\u0000-\u001f/\\]+$/)

export const images = {
  list: call(z.object({}), z.array(ImageSetCard)),
  /**
   * Takes in one of the two files of a set, in pieces of at most 1 MB. Which of the two it is its header says; with the
   * second of them the set is made. IMPORT_REFUSED with the reason where a file, or the pair, is not what it should be.
   */
  adopt: call(
    z.object({
      /** Of the set; the two files come under one name. */
      name: z.string().min(1).max(60),
      fileName: FileName,
      offset: Count,
      totalBytes: z.number().int().positive().max(2 ** 30),
      bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2 ** 20, 'at most 1 MB a piece'),
    }),
    /** `waitsFor`: the file that is still missing. */
    z.object({ set: ImageSetCard.optional(), waitsFor: z.enum(['images', 'labels']).optional() }),
  ),
  /** Runs that were trained on it keep their checkpoints but can no longer be looked into. */
  remove: call(z.object({ id: ImageSetId }), z.object({})),
} as const
