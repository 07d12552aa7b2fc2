/** What the terms of the contract read as. */
import type { PatchDirection, PatchMetric, Receiver, SiteKind } from '@contract/patching'

export const metricTitles: Readonly<Record<PatchMetric, string>> = {
  'logit-difference': 'logit difference',
  probability: 'probability of the answer',
  'kl-divergence': 'KL divergence from the clean run',
  accuracy: 'accuracy',
}

export const metricUnits: Readonly<Record<PatchMetric, string | undefined>> = {
  'logit-difference': undefined,
  probability: undefined,
  'kl-divergence': 'nats',
  accuracy: undefined,
}

export const directionTitles: Readonly<Record<PatchDirection, string>> = {
  denoise: 'Denoise: clean into corrupted',
  noise: 'Noise: corrupted into clean',
}

export const kindTitles: Readonly<Record<SiteKind, string>> = {
  resid_pre: 'residual, before the layer',
  resid_mid: 'residual, after attention',
  resid_post: 'residual, after the layer',
  attn_out: 'attention output',
  mlp_out: 'MLP output',
  z: 'head output z',
  q: 'queries',
  k: 'keys',
  v: 'values',
  pattern: 'attention pattern',
}

export const receiverTitles: Readonly<Record<Receiver['kind'], string>> = {
  q: 'queries of',
  k: 'keys of',
  v: 'values of',
  mlp: 'MLP input of',
}

/** `queries of 1.2`, `MLP input of layer 1`. */
export function receiverWords({ kind, layer, head }: Receiver): string {
  return `${receiverTitles[kind]} ${head === undefined ? `layer ${layer}` : `${layer}.${head}`}`
}

const headKinds: readonly SiteKind[] = ['z', 'q', 'k', 'v', 'pattern']
export const hasHeads = (kind: SiteKind): boolean => headKinds.includes(kind)

/** Choices of a select, in the order of the record. */
export function choicesOf<Value extends string>(titles: Readonly<Record<Value, string>>, only?: readonly Value[]) {
  const values = Object.keys(titles) as Value[] // the record's keys
  return values.filter((value) => !only || only.includes(value)).map((value) => ({ value, title: titles[value] }))
}
