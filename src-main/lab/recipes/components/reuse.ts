/**
 * What claims about heads that tasks share look at, computed once per trained arm.
 *
 * The importance of a head for a family is its direct effect: the share of the logit difference that goes when the head's
 * output at the answer position comes from the corrupted run and every other head is held at the clean run, so that only the
 * ways through MLPs to the logits are open. A family's heads are the four of largest importance by magnitude.
 *
 * Source: arXiv:2310.08744 §3 (path patching to the logits); arXiv:2211.00593 app. B.
 */
import { assert } from '../../../base/assert'
import { createRng, type Rng } from '../../../base/rng'
import type { Pairs } from '../../interpret/components/pairs'
import pathPatching from '../../interpret/path-patching'
import { unpaddedPair } from '../../tasks/components/symbolic-prompt'
import {
  drawColoredObjects, drawDistinct, drawIoi, drawMaxOfTwo, symbolId, wordOrders, type SymbolicPair,
} from '../../tasks/components/symbols'
import type { ArmEvidence } from '../claim'
import { accuracyForced } from './forced-attention'
import type { HeadAt } from './induction'
import { mean } from './inspection'
import { oncePerArm } from './once-per-arm'

export const families = ['ioi', 'colored objects', 'max of two'] as const
export type Family = (typeof families)[number]

export interface HeadEffects {
  /** [layer · head], as a share of the clean run's logit difference. */
  readonly effects: Float64Array
  /** The heads of largest magnitude, largest first. */
  readonly top: readonly number[]
  /** Share of clean prompts that the whole network answers. */
  readonly accuracy: number
}

/** As many heads as a family's circuit has here, and as many pairs as effects are means over. */
export const circuitSize = 4
const pairCount = 200

const measured: Readonly<Record<Family, (arm: ArmEvidence) => HeadEffects>> = {
  ioi: oncePerArm((arm) => measure(arm, 'ioi')),
  'colored objects': oncePerArm((arm) => measure(arm, 'colored objects')),
  'max of two': oncePerArm((arm) => measure(arm, 'max of two')),
}

export const effectsOf = (arm: ArmEvidence, family: Family): HeadEffects => measured[family](arm)

function measure(arm: ArmEvidence, family: Family): HeadEffects {
  const pairs = pairsOf(drawn(arm, family, pairCount))
  const { values, baselines } = pathPatching.measure(arm.final, {
    pairs,
    direction: 'noise',
    metric: 'logit-difference',
    receivers: 'logits',
    freezesMlps: false,
    senderPos: pairs.answerPos[0]!,                        // alike within a family
  })
  const clean = mean(baselines.clean)
  const effects = Float64Array.from(values, (value) => (clean - value) / Math.abs(clean))
  const byMagnitude = [...effects.keys()].sort((a, b) => Math.abs(effects[b]!) - Math.abs(effects[a]!))
  return { effects, top: byMagnitude.slice(0, circuitSize), accuracy: accuracyForced(arm.final, pairs, { heads: [], target: [] }) }
}

/** How many of the heads of one family are also those of the other. */
export function sharedHeads(arm: ArmEvidence, one: Family, other: Family): number {
  const { top } = effectsOf(arm, other)
  return effectsOf(arm, one).top.filter((head) => top.includes(head)).length
}

/** Distinct prompts of a family, drawn by the run's seed from all there are. */
function drawn({ spec }: ArmEvidence, family: Family, count: number): readonly SymbolicPair[] {
  const rng = createRng(spec.seed).fork(`claims about ${family}`)
  return drawDistinct(rng, count, drawerOf(family, spec.task.settings['order'])).map(unpaddedPair)
}

function drawerOf(family: Family, order: unknown): (rng: Rng) => SymbolicPair {
  if (family === 'ioi') return drawIoi
  if (family === 'max of two') return drawMaxOfTwo
  const wordOrder = order === undefined ? wordOrders[0] : wordOrders.find((one) => one === order)
  assert(wordOrder, `word order '${String(order)}' is none of ${wordOrders.join(', ')}`)
  return (rng) => drawColoredObjects(rng, wordOrder)
}

function pairsOf(prompts: readonly SymbolicPair[]): Pairs {
  const ids = (side: 'clean' | 'corrupted'): Int32Array => Int32Array.from(prompts.flatMap((pair) => pair[side].map(symbolId)))
  return {
    count: prompts.length,
    length: prompts[0]!.clean.length,
    clean: ids('clean'),
    corrupted: ids('corrupted'),
    answerPos: Int32Array.from(prompts, ({ clean }) => clean.length - 1),
    answers: prompts.map(({ answer }) => [symbolId(answer)]),
    wrong: prompts.map(({ wrong }) => [symbolId(wrong)]),
  }
}

export interface Repair {
  /** Accuracies on prompts that chose nothing. */
  readonly before: number
  readonly after: number
  /** Mean over as many draws of as many other heads. */
  readonly control: number
}

const controlDraws = 8

/**
 * Colored objects when some heads are made to look at the colour that is asked for: the four that gain most alone on one
 * half of the prompts, measured on the other, beside four of the rest.
 */
export const repairOf = oncePerArm((arm): Repair => {
  const prompts = drawn(arm, 'colored objects', 2 * pairCount)
  const [choosing, judging] = [prompts.slice(0, pairCount), prompts.slice(pairCount)].map((half) => {
    const pairs = pairsOf(half)
    const target = half.map(({ marks }) => marks['C']!)                    // every prompt marks its colour
    return (heads: readonly HeadAt[]): number => accuracyForced(arm.final, pairs, { heads, target })
  }) as [(heads: readonly HeadAt[]) => number, (heads: readonly HeadAt[]) => number]
  const heads = headsOf(arm)
  const ranked = heads.map((head) => ({ head, gained: choosing([head]) })).sort((a, b) => b.gained - a.gained).map(({ head }) => head)
  const [chosen, rest] = [ranked.slice(0, circuitSize), ranked.slice(circuitSize)]
  const rng = createRng(arm.spec.seed).fork('control heads')
  const control = Array.from({ length: controlDraws }, () => {
    return judging(Array.from(rng.permutation(rest.length).subarray(0, circuitSize), (at) => rest[at]!))
  })
  return { before: judging([]), after: judging(chosen), control: mean(control) }
})

function headsOf({ final }: ArmEvidence): readonly HeadAt[] {
  const { n_layers, n_heads } = final.settings as { n_layers: number; n_heads: number } // the recipe trains transformers
  return Array.from({ length: n_layers * n_heads }, (_, i) => ({ layer: Math.floor(i / n_heads), head: i % n_heads }))
}
