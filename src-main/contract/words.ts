/** The closed lists of the contract as plain values: the renderer draws menus from them without the schema library. */

/** Raised whenever an old window and a new main process would misunderstand each other. */
export const protocolVersion = 1

/** The three ways the pairs divide; `corrupted` is the part of the training set whose label was replaced. */
export const splits = ['trainClean', 'trainCorrupted', 'test'] as const

/** The parts of a task's examples that an analysis may run on. */
export const inputSplits = ['all', 'train', 'trainClean', 'trainCorrupted', 'test'] as const

export const runStates = ['queued', 'running', 'paused', 'finished', 'cancelled', 'failed', 'interrupted'] as const

export const roles = ['generalizing', 'memorizing', 'between', 'dead'] as const

export const defaultRoleThresholds = { generalizingIpr: 0.5, memorizingIpr: 0.15, deadNorm: 0.01 } as const

export const pruneOrders = [
  'ipr-ascending',
  'ipr-descending',
  'random',
  'magnitude',
  'frequency',
  'hand-picked',
] as const

/** What of an attention head's weights is looked at: token to logit, token to token, position to position. */
export const circuitKinds = ['ov', 'qk', 'qk-positions'] as const

/** Which input of the later head reads what the earlier one writes. */
export const compositionKinds = ['q', 'k', 'v'] as const

/** What is drawn of an attention head: its pattern, the pattern times the length of each value vector, or the raw scores. */
export const attentionKinds = ['pattern', 'value-weighted', 'scores'] as const

export const headScoreIds = [
  'previous-token',
  'duplicate-token',
  'induction',
  'prefix-matching',
  'copying',
  'entropy',
] as const

/** What an attributed logit is compared with. */
export const attributionTargets = ['logit', 'against-mean', 'against-runner-up'] as const

/** Clean activations into the corrupted run, or the other way round. */
export const patchDirections = ['denoise', 'noise'] as const

export const patchMetrics = ['logit-difference', 'probability', 'kl-divergence', 'accuracy'] as const

/** Hook points of a layer that can be patched, by the last part of their names. */
export const siteKinds = [
  'resid_pre',
  'resid_mid',
  'resid_post',
  'attn_out',
  'mlp_out',
  'z',
  'q',
  'k',
  'v',
  'pattern',
] as const

/** What stands in for what a writer writes, along an ablated edge of a circuit’s graph. */
export const edgeAblations = ['resample', 'mean', 'mean-by-position', 'zero', 'optimal'] as const

/** Neurons and outputs are a perceptron's, whose inputs are several. */
export const circuitNodeKinds = ['input', 'head', 'mlp', 'logits', 'neuron', 'output'] as const

/** What of a head an edge reaches; none for other readers. */
export const edgeLetters = ['', 'q', 'k', 'v'] as const

export const patchGrids = ['layer-pos', 'layer-head', 'layer-head-pos'] as const

/**
 * What weights are ranked by before the lowest are pruned. `given` is a stored mask that somebody picked by hand; the two
 * forms of SynFlow differ in their input, ones as in its paper or the training examples.
 */
export const maskScores = [
  'magnitude',
  'magnitude-per-layer',
  'movement',
  'gradient-weight',
  'random',
  'snip',
  'grasp',
  'synflow',
  'synflow-on-examples',
  'given',
] as const

/** What a run starts with: weights under a mask, or every weight, scaled to the norm that it has under the mask. */
export const startUses = ['mask', 'l1-norm', 'l2-norm'] as const

/** Moments of a run by its accuracies: the training set is fitted, the test accuracy half risen, the test set is fitted. */
export const ticketEvents = ['memorized', 'transition', 'generalized'] as const

/** Arms that a ticket is compared with. */
export const ticketControls = [
  'dense',
  'l1-norm',
  'l2-norm',
  'memorized',
  'transition',
  'random',
  'snip',
  'grasp',
  'synflow',
] as const

/** With the run's own weight decay, or with none. */
export const ticketDecays = ['as-trained', 'none'] as const

export const verdicts = ['reproduced', 'partly', 'not reproduced', 'not run'] as const

/** How a mask leaves the program: 0 and 1 as they are, or in about one bit each. */
export const maskFormats = ['safetensors', 'packed'] as const
