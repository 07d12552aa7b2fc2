/**
 * Grokking tickets: the weights that matter once a network generalizes, put back where they began, generalize far sooner.
 *
 * Times are first measured steps (every 20) with an accuracy of at least 95 %: t_mem on the training set, t_gen on the test
 * set. An arm that has not generalized when its steps are over counts with its last step, which is a lower bound; where
 * the bound is what is compared with, the value is 0.
 *
 * Ranges. The paper draws curves and names no factor. A scratch implementation at its size, with one seed, found the ticket
 * 17.8 times as fast as the dense network; at smoke scale, where the dense network is faster, three seeds here found 6.7 to
 * 10.3. So 5 is asked for, and of every control that it takes at least three times the ticket's steps.
 *
 * At paper scale, three seeds, tickets generalized at step 3,320, not within 4,000 (0.72), and at 2,220: 4.7 and 7.3 times as
 * fast as dense. Controls stop at 4,000 steps with at most 0.01 of the test set right, so that their ratio to so late a ticket
 * cannot come to 3 and those claims are not judged fairly: the cap has to be raised. Without weight decay no ticket has
 * generalized: 0.08 to 0.22 after 6,000 steps; the scratch implementation ended at 0.30 to 0.44 (8,000 steps), one seed on 60 %
 * of the pairs here at 0.74 (2,500 steps). The claims stand as the paper makes them.
 */
import { firstReaching, fittedAccuracy } from '../train/moments'
import { arm, type ArmEvidence, type Claim, type Evidence } from './claim'
import { defineRecipe, type ArmStart } from './recipe'

const ticketStart: ArmStart = {
  from: 'dense',
  use: 'mask',
  score: 'magnitude',
  at: { kind: 'event', event: 'generalized' },
  sparsity: 0.6,
  rewindStep: 0,
}

function reached({ series }: ArmEvidence, set: 'train' | 'test'): { readonly step: number; readonly isReached: boolean } {
  const measured = series[`accuracy.${set}`] ?? { steps: [0], values: [0] }
  const step = firstReaching(measured, fittedAccuracy)
  return { step: Math.max(1, step ?? measured.steps[measured.steps.length - 1]!), isReached: step !== undefined }
}

const lastTest = ({ series }: ArmEvidence): number => Array.from(series['accuracy.test']?.values ?? [0]).at(-1)!

/** t_gen of one arm over that of another; 0 where the other never came there. */
function timesSlower(evidence: Evidence, slowId: string, fastId: string): number {
  const [slow, fast] = [reached(arm(evidence, slowId), 'test'), reached(arm(evidence, fastId), 'test')]
  return fast.isReached ? slow.step / fast.step : 0
}

/** t_gen / t_mem of an arm; 0 where either never came. */
function tau(evidence: ArmEvidence): number {
  const [memorized, generalized] = [reached(evidence, 'train'), reached(evidence, 'test')]
  return memorized.isReached && generalized.isReached ? generalized.step / memorized.step : 0
}

function slowerThanTicket(armId: string, says: string, where: string): Claim {
  return {
    id: `${armId}-slower`,
    says,
    where,
    measures: `t_gen of arm ${armId}, or its last step, over t_gen of arm ticket`,
    needs: ['ticket', armId],
    expect: [3, Infinity],
    measure: (evidence) => timesSlower(evidence, armId, 'ticket'),
  }
}

const masked = { schedule: { steps: 4000 } } as const
const atSmoke = { smoke: { schedule: { steps: 2000 } } } as const
const paperOnly = ['paper'] as const

export default defineRecipe({
  id: 'minegishi-2023',
  paper: {
    title: 'Bridging Lottery Ticket and Grokking: Understanding Grokking from Inner Structure of Networks',
    authors: ['Gouki Minegishi', 'Yusuke Iwasawa', 'Yutaka Matsuo'],
    year: 2023,
    arxiv: '2310.19470',
  },
  summary:
    'A perceptron with an embedding learns a + b mod 67 from unordered pairs and generalizes long after it has memorized. ' +
    'Pruned by magnitude once it generalizes, and put back onto its initial weights, it generalizes within a fraction of ' +
    'the steps. Masks from the memorizing network, random masks, masks found before training, and dense networks scaled ' +
    'to the ticket’s norm do not.',
  base: {
    task: { id: 'modular-arithmetic', settings: { operation: '+', p: 67, trainFraction: 0.4, unorderedPairs: true } },
    model: { id: 'embedding-perceptron', settings: { d_model: 500, d_mlp: 48, initScale: 1 } },
    optimizer: {
      id: 'adamw',
      settings: { learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.98, epsilon: 1e-8 },
    },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: {
      steps: 30_000,
      measureEvery: 20,
      checkpointEvery: 2000,
      checkpointOnEvent: 'moments',
      stopWhen: 'testAccuracy',
      stopThreshold: 0.95,
    },
  },
  scales: [
    {
      id: 'smoke',
      title: 'Smoke',
      note: 'the paper’s network on 60 % of the pairs, where the dense one generalizes after some 4,000 steps; fewer controls',
      change: { task: { trainFraction: 0.6 }, schedule: { steps: 8000, checkpointEvery: 1000 } },
    },
    { id: 'paper', title: 'Paper', note: 'p = 67, 40 % of 2,278 pairs, embedding 500, hidden 48, as published', change: {} },
  ],
  arms: [
    { id: 'dense', title: 'Dense', note: 'every weight; generalizes long after it has memorized', change: {} },
    {
      id: 'ticket',
      title: 'Ticket',
      note: '60 % pruned by magnitude at t_gen, survivors back at initialization',
      change: masked,
      atScale: atSmoke,
      start: ticketStart,
    },
    {
      id: 'memorized',
      title: 'Ticket from memorization',
      note: 'the same, its mask taken when the training set is fitted',
      change: masked,
      atScale: atSmoke,
      start: { ...ticketStart, at: { kind: 'event', event: 'memorized' } },
    },
    {
      id: 'random',
      title: 'Random mask',
      note: 'as many weights of each layer as the ticket keeps, but any',
      change: masked,
      atScale: atSmoke,
      start: { ...ticketStart, score: 'random' },
    },
    {
      id: 'l2-norm',
      title: 'Dense, the ticket’s L2 norm',
      note: 'every weight, scaled so that the L2 norm is the ticket’s',
      change: {},
      atScale: { smoke: { schedule: { steps: 4000 } } },
      start: { ...ticketStart, use: 'l2-norm' },
    },
    {
      id: 'l1-norm',
      title: 'Dense, the ticket’s L1 norm',
      note: 'every weight, scaled so that the L1 norm is the ticket’s',
      change: {},
      scales: paperOnly,
      start: { ...ticketStart, use: 'l1-norm' },
    },
    ...(['snip', 'grasp', 'synflow'] as const).map((score) => ({
      id: score,
      title: { snip: 'SNIP', grasp: 'GraSP', synflow: 'SynFlow' }[score],
      note: '60 % pruned before training',
      change: masked,
      scales: paperOnly,
      start: { ...ticketStart, score, at: { kind: 'step', step: 0 } as const },
    })),
    {
      id: 'no-decay',
      title: 'Dense without weight decay',
      note: 'memorizes and stays there',
      change: { optimizer: { weightDecay: 0 }, schedule: { steps: 6000 } },
      scales: paperOnly,
    },
    {
      id: 'no-decay-ticket',
      title: 'Ticket without weight decay',
      note: 'the ticket trained without weight decay',
      change: { optimizer: { weightDecay: 0 }, schedule: { steps: 6000 } },
      scales: paperOnly,
      start: ticketStart,
    },
  ],
  differences: [
    'Split and initial weights come from this program’s generator; the authors’ come from PyTorch’s.',
    '2,278 unordered pairs, a ≤ b, as in the authors’ code; the text says 2,211.',
    'The mask is taken at t_gen. Taken later, as in parts of the paper, later oscillations of the weights blur it.',
    'Norms are those of all weights together and the factor is their ratio; the authors’ code adds norms of single ' +
      'parameters and scales by the root of the ratio for L2.',
    'GraSP keeps the highest θ·Hg, which is what its paper keeps; H g is by finite differences. SynFlow runs on an input of ' +
      'ones, as in its paper; the authors’ code runs it on the training examples. Both prune in one shot.',
    'Arms end when test accuracy reaches 95 %, masked ones otherwise after 4,000 steps (without weight decay 6,000).',
    'At the paper’s scale only, as at smoke scale they are not so or take too long: the L1 norm, which on 60 % of the pairs ' +
      'halves the dense network’s time, SNIP, GraSP, SynFlow, and training without weight decay.',
    'Smoke scale: 60 % of the pairs are trained on. With fewer the dense network takes four times as long; a smaller ' +
      'embedding, a larger learning rate or weight decay make it grok sooner but leave no ticket that works.',
    'Not part of the recipe: the transformer, MNIST, and edge-popup of the paper.',
  ],
  claims: [
    {
      id: 'dense-groks',
      says: 'The dense network generalizes long after it has fitted its training set.',
      where: 'fig. 1',
      measures: 'τ = t_gen / t_mem, arm dense',
      needs: ['dense'],
      expect: [10, Infinity],
      measure: (evidence) => tau(arm(evidence, 'dense')),
    },
    {
      id: 'ticket-faster',
      says: 'The ticket generalizes in a fraction of the steps.',
      where: 'fig. 3',
      measures: 't_gen of arm dense over t_gen of arm ticket',
      needs: ['dense', 'ticket'],
      expect: [5, Infinity],
      measure: (evidence) => timesSlower(evidence, 'dense', 'ticket'),
    },
    {
      id: 'ticket-tau',
      says: 'It hardly groks: it generalizes soon after it has memorized.',
      where: 'fig. 3',
      measures: 'τ = t_gen / t_mem of arm ticket',
      needs: ['ticket'],
      expect: [1, 12],
      measure: (evidence) => tau(arm(evidence, 'ticket')),
    },
    slowerThanTicket('memorized', 'A mask taken while the network memorizes is no such ticket.', 'fig. 4a'),
    slowerThanTicket('random', 'Neither is a random mask of the same sparsity in every layer.', 'fig. 5b'),
    slowerThanTicket('l2-norm', 'A dense network with the ticket’s L2 norm is far slower than the ticket.', 'fig. 5a'),
    slowerThanTicket('l1-norm', 'A dense network with the ticket’s L1 norm is far slower than the ticket.', 'fig. 5a'),
    {
      id: 'norm-is-no-cause',
      says: 'With the ticket’s L1 norm a dense network is no faster than without.',
      where: 'fig. 5a',
      measures: 't_gen of arm l1-norm, or its last step, over t_gen of arm dense',
      needs: ['dense', 'l1-norm'],
      expect: [0.9, Infinity],
      measure: (evidence) => timesSlower(evidence, 'l1-norm', 'dense'),
    },
    slowerThanTicket('snip', 'SNIP’s mask, found before training, is no such ticket.', 'fig. 5b'),
    slowerThanTicket('grasp', 'Neither is GraSP’s.', 'fig. 5b'),
    slowerThanTicket('synflow', 'Neither is SynFlow’s.', 'fig. 5b'),
    {
      id: 'no-decay-ticket-further',
      says: 'Without weight decay the ticket gets further than the dense network.',
      where: 'fig. 17',
      measures: 'last test accuracy of arm no-decay-ticket minus that of arm no-decay',
      needs: ['no-decay', 'no-decay-ticket'],
      expect: [0.15, 1],
      measure: (evidence) => lastTest(arm(evidence, 'no-decay-ticket')) - lastTest(arm(evidence, 'no-decay')),
    },
    {
      id: 'no-decay-ticket-generalizes',
      says: 'At the right sparsity the ticket generalizes without weight decay.',
      where: 'fig. 17',
      measures: 'last test accuracy of arm no-decay-ticket',
      needs: ['no-decay-ticket'],
      expect: [0.95, 1],
      measure: (evidence) => lastTest(arm(evidence, 'no-decay-ticket')),
    },
  ],
})
