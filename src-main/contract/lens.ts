/** Reading the residual stream: what the logits would be at each place in it, and which component wrote them. */
import { z } from 'zod'
import { Available, TokenTexts } from './attention'
import { Frame } from './frames'
import { Inputs } from './inputs'
import { At, Provenance } from './interpret'
import { call } from './rpc'
import { attributionTargets } from './words'

export { attributionTargets }

/** Hook points of the residual stream, from the embedding to the last resid_post, in the order of the forward pass. */
const Points = z.array(z.string()).max(256)

export const TableArgs = z.object({
  /** One example. */
  inputs: Inputs,
  /** Likeliest tokens to name at each place. */
  topCount: z.number().int().min(1).max(32),
})

/** Axes `point` and `pos`; probabilities 0-1. */
export const LensTable = z.object({
  points: Points,
  tokens: TokenTexts,
  available: Available,
  /** Class that is the answer at each position, as a person reads it; empty where there is none. */
  answers: TokenTexts,
  /** [point, pos, rank]: the likeliest classes, likeliest first. */
  top: Frame,
  /** [point, pos, rank]: their probabilities. */
  topProbability: Frame,
  /** Text of every class that occurs in `top`, by class. */
  classes: z.record(z.string(), z.string()),
  /** [point, pos]: NaN without an answer, here and in `answerRank`. */
  answerProbability: Frame,
  /** [point, pos]: 1 for the likeliest. */
  answerRank: Frame,
  /** [point, pos]: KL(final ‖ point) in nats. */
  kl: Frame,
  how: Provenance,
})
export type LensTable = z.infer<typeof LensTable>

export const ProfileArgs = z.object({ inputs: Inputs })

/** Means over all places of the inputs that have an answer: [point]. */
export const LensProfile = z.object({
  points: Points,
  /** Places averaged. */
  count: z.number().int(),
  answerProbability: Frame,
  /** Share of places whose likeliest class is the answer. */
  accuracy: Frame,
  kl: Frame,
  how: Provenance,
})
export type LensProfile = z.infer<typeof LensProfile>

export const AttributionArgs = z.object({
  inputs: Inputs,
  /** Position whose logit is attributed; the last one with an answer if absent. */
  position: z.number().int().nonnegative().optional(),
  /** What the answer's logit is compared with: nothing, the mean of all logits, or the likeliest other class. */
  target: z.enum(attributionTargets),
  /** Largest neurons to name. */
  neuronCount: z.number().int().min(0).max(256),
})

/** Means over the sequences. Components sum to the logit. */
export const Attribution = z.object({
  position: z.number().int(),
  count: z.number().int(),
  /** Of a single sequence: its tokens, the answer and what it is compared with. */
  tokens: TokenTexts.optional(),
  answer: z.string().optional(),
  against: z.string().optional(),
  /** The attributed logit, or difference of logits, as the forward pass has it. */
  logit: z.number(),
  /** Everything that is added up: embeddings, each layer's attention, MLP and biases, the final norm's and the unembedding's bias. */
  components: z.array(z.object({ id: z.string(), title: z.string(), value: z.number() })).max(512),
  /** [layer, head]: the parts of each layer's attention without its bias. */
  heads: Frame,
  /** [layer, head, key_pos]: the parts of each head by the token it looked at. */
  sources: Frame,
  neurons: z.array(z.object({ layer: z.number().int(), neuron: z.number().int(), value: z.number() })).max(256),
  how: Provenance,
})
export type Attribution = z.infer<typeof Attribution>

export const DecompositionArgs = z.object({ inputs: Inputs })

/** Means over the sequences and their positions. */
export const Decomposition = z.object({
  points: Points,
  /** [point]: L2 norm of the residual stream. */
  norm: Frame,
  /** [point]: cosine with the last resid_post. */
  finalCosine: Frame,
  /** Hook points that write to the stream: attn_out, mlp_out of each layer. */
  writers: Points,
  /** [writer]: L2 norm of what is written. */
  writeNorm: Frame,
  /** [writer]: cosine of what is written with the stream it is added to. */
  writeCosine: Frame,
  count: z.number().int(),
  how: Provenance,
})
export type Decomposition = z.infer<typeof Decomposition>

export const lens = {
  table: call(At.extend(TableArgs.shape), LensTable),
  profile: call(At.extend(ProfileArgs.shape), LensProfile),
  attribution: call(At.extend(AttributionArgs.shape), Attribution),
  decomposition: call(At.extend(DecompositionArgs.shape), Decomposition),
} as const
