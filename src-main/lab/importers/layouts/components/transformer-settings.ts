/**
 * Settings of a transformer that tensors tell only in part: from a configuration where there is one, else by asking.
 * Configuration keys are TransformerLens's; other layouts translate theirs.
 */
import type { PlainValue } from '../../importer'
import type { Draft } from './draft'

export type Configuration = Readonly<Record<string, PlainValue>>

const activationNames: Readonly<Record<string, string>> = {
  relu: 'relu', gelu: 'gelu', gelu_new: 'gelu_new', gelu_fast: 'gelu_new', gelu_pytorch_tanh: 'gelu_new', silu: 'silu', swish: 'silu',
}
const activationChoices = ['relu', 'gelu', 'gelu_new', 'silu']

/** The activation a configuration names, or the answer. Names that no model of ours has are asked about with a warning. */
export function activationFrom(draft: Draft, named: PlainValue | undefined, usual: string, from: string): string {
  const word = typeof named === 'string' ? named.toLowerCase() : undefined
  const known = word !== undefined && Object.hasOwn(activationNames, word) ? activationNames[word] : undefined
  if (known) return draft.infer('activation', known, `${from} says ${JSON.stringify(named)}`)
  if (word !== undefined) draft.warnings.push(`the activation ${JSON.stringify(named)} is not one of this program's; the answers will differ`)
  return draft.ask({
    key: 'activation',
    title: 'Activation',
    default: usual,
    candidates: activationChoices,
    reason: 'tensors do not show the nonlinearity, and a wrong one gives wrong answers',
  })
}

export function directionFrom(draft: Draft, named: PlainValue | undefined, isLowerTriangular: boolean): string {
  if (named === 'causal' || named === 'bidirectional') return draft.infer('attentionDirection', named, `attention_dir is '${named}'`)
  if (isLowerTriangular) return draft.infer('attentionDirection', 'causal', 'the stored attention mask is lower triangular')
  return draft.ask({
    key: 'attentionDirection',
    title: 'Attention direction',
    default: 'causal',
    candidates: ['causal', 'bidirectional'],
    reason: 'tensors do not show whether a token sees the ones after it',
  })
}

/** What the tokens stand for is no setting of the model, but nothing can be read off without it. */
export function askTokens(draft: Draft, usual: string, d_vocab: number): void {
  draft.ask({
    key: 'tokens',
    title: 'Vocabulary',
    default: usual,
    candidates: ['integers', 'gpt2', 'custom'],
    reason: `the file has ${d_vocab} tokens and no words for them`,
  })
}

export function epsilonFrom(draft: Draft, named: PlainValue | undefined, key: string): number {
  if (typeof named === 'number') return draft.infer('normEpsilon', named, `${key} is ${named}`)
  return draft.ask({
    key: 'normEpsilon',
    title: 'Normalization epsilon',
    default: 1e-5,
    candidates: [1e-5, 1e-6, 1e-12],
    reason: 'tensors do not show it; 1e-5 is what most code has',
  })
}
