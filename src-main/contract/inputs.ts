/** What an analysis runs a network on: examples of the run's own task, or tokens given one by one. */
import { z } from 'zod'
import { Frame } from './frames'
import { inputSplits } from './words'

export { inputSplits }

/** Examples `first` to `first + count - 1` of a split, in the order of the task's shuffled list. */
export const ExampleInputs = z.object({
  kind: z.literal('examples'),
  split: z.enum(inputSplits),
  first: z.number().int().nonnegative(),
  count: z.number().int().min(1).max(65536),
})

export const TokenInputs = z.object({
  kind: z.literal('tokens'),
  /** [example, pos], int32. */
  tokens: Frame,
  /** [example, pos], uint8: 0 for padding. All are tokens when absent. */
  mask: Frame.optional(),
  /** [example, pos], int32: the class that is the answer at each place, -1 for none. The tokens that follow when absent. */
  answers: Frame.optional(),
})

/**
 * Random tokens, each sequence followed by itself, drawn from the network's vocabulary: as long as the context allows, or
 * of `length` tokens before the copy.
 */
export const RepeatedInputs = z.object({
  kind: z.literal('repeated'),
  count: z.number().int().min(1).max(4096),
  seed: z.number().int().nonnegative(),
  length: z.number().int().min(2).max(65536).optional(),
  /** Least length of a sequence, each then of its own between the two and repeated until the tokens are full; all alike if absent. */
  shortest: z.number().int().min(2).max(65536).optional(),
})

export const Inputs = z.discriminatedUnion('kind', [ExampleInputs, TokenInputs, RepeatedInputs])
export type Inputs = z.infer<typeof Inputs>
