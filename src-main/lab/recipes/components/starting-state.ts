/** The mask of a specification that starts where another run has been, and the state at step 0 that follows from it. */
import type { ArraysByName } from '../../models/model'
import { createRng } from '../../../base/rng'
import { err, ok, type Result } from '../../../base/result'
import { createLossGradient, notPositivelyLinear } from '../../interpret/components/loss-gradient'
import { maskOf, prunable, scaledToMask } from '../../interpret/components/score-mask'
import { masked, sparsityOf } from '../../interpret/components/weight-mask'
import { scores } from '../../interpret/tickets'
import { initialState } from '../../train/loop'
import type { RunSpec } from '../../train/run-spec'
import type { Setup } from '../../train/setup'
import type { TrainingState } from '../../train/training-state'

/** What the parent run was, with its buffers where that says so. */
export interface ParentWeights {
  /** Parameters and buffers at the step the mask is taken. */
  readonly weights: ArraysByName
  /** Parameters at step 0. */
  readonly initial: ArraysByName
  /** Parameters and buffers at the step that is rewound to. */
  readonly rewound: { readonly params: ArraysByName; readonly buffers: ArraysByName }
  /** The mask, when the score is `given`. */
  readonly given?: ArraysByName | undefined
}

export interface Beginning {
  readonly state: TrainingState
  readonly mask: ArraysByName
  /** Share of zeros that the mask has. */
  readonly sparsity: number
  /** What was done, in words. */
  readonly how: string
}

export function startingState(spec: RunSpec, setup: Setup, parent: ParentWeights): Result<Beginning, 'SETTING_INVALID' | 'MODEL_UNSUITABLE'> {
  const { start } = spec
  if (!start) return err('SETTING_INVALID', 'start: the specification names no run to start from')
  const found = start.score === 'given' ? givenMask(parent) : scoredMask(spec, setup, parent)
  if (!found.ok) return found
  const mask = found.value
  const sparsity = sparsityOf(mask)
  const { params, buffers } = parent.rewound
  const scaled = start.use === 'mask' ? undefined : scaledToMask(params, mask, start.use === 'l1-norm' ? 1 : 2)
  const state = { ...initialState(setup), params: scaled?.params ?? masked(params, mask), buffers }
  const pruned = `${Math.round(1000 * sparsity) / 10} % pruned by ${start.score} at step ${start.step}`
  const rewound = start.rewindStep === 0 ? 'rewound to initialization' : `rewound to step ${start.rewindStep}`
  const how = scaled ? `scaled by ${scaled.factor.toPrecision(4)}, to the ${start.use === 'l1-norm' ? 'L1' : 'L2'} norm that it has with ${pruned}; ${rewound}` : `${pruned}, ${rewound}`
  return ok({ state, mask, sparsity, how })
}

function givenMask({ given, rewound }: ParentWeights): Result<ArraysByName, 'SETTING_INVALID'> {
  if (!given) return err('SETTING_INVALID', 'start.score: the mask is given by hand and is not here; open the project that holds it')
  const stranger = Object.entries(given).find(([name, { shape }]) => rewound.params[name]?.shape.join() !== shape.join())
  if (!stranger) return ok(given)
  const [name, { shape }] = stranger
  return err('SETTING_INVALID', `start.score: the mask has [${shape}] for ${name}; the network has [${rewound.params[name]?.shape ?? 'no such parameter'}]`)
}

function scoredMask({ start, seed }: RunSpec, setup: Setup, parent: ParentWeights): Result<ArraysByName, 'SETTING_INVALID' | 'MODEL_UNSUITABLE'> {
  const { score: scoreId, sparsity } = start! // the caller saw one
  const score = scores.find(scoreId)
  if (!score) return err('SETTING_INVALID', `start.score: unknown score '${scoreId}'; nearest: ${scores.nearest(scoreId)}`)
  const { model, modelSettings, dataset, loss, lossSettings } = setup
  const weights = prunable(parent.weights)
  if (Object.keys(weights).length === 0) return err('MODEL_UNSUITABLE', 'the network has no weight matrix that could be pruned')
  const refusal = scoreId.startsWith('synflow') ? notPositivelyLinear(modelSettings, parent.weights) : undefined
  if (refusal) return err('MODEL_UNSUITABLE', refusal)
  const gradient = createLossGradient({
    model,
    settings: modelSettings,
    dataset,
    arrays: parent.weights,
    // Settings in a setup were checked against the loss's fields.
    lossOf: (logits, labels) => loss.measure(lossSettings as never, logits, labels),
  })
  const measured = score.measure({ weights, initial: prunable(parent.initial), gradient, rng: createRng(seed).fork('mask') })
  return ok(maskOf({ scores: measured, share: score.share, sparsity, weights }))
}
