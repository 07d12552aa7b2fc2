/**
 * In-context learning and induction heads: a two-layer attention-only network learns to continue what it has seen before,
 * suddenly, when a head in its second layer comes to look at what followed the present token, fed by a head in its first
 * layer that tells every position its predecessor. A single layer cannot, and does not.
 *
 * The paper trains on text; here sequences are random and repeat, so that what can be copied is known and nothing else can
 * be learned. Lengths differ from sequence to sequence: with a fixed one the copy could be found by distance alone.
 *
 * Ranges ask for the effect with room for another seed: a step within a fifth of the run, heads that look at their targets
 * for the most part, ablations that take most of what was gained.
 */
import { arm, type ArmEvidence } from './claim'
import { best, inductionOf, type HeadAt } from './components/induction'
import { chanceLoss, lastOf, seriesOf, steepest } from './components/progress'
import { defineRecipe } from './recipe'

/** Nats below chance on test sequences. A network that has gained nothing has nothing to lose. */
const gainOf = (of: ArmEvidence): number => Math.max(0, chanceLoss(of) - inductionOf(of).loss)
const leastGain = 0.1

/** Heads of the second layer that match prefixes about as well as the best one. */
function inductionHeads(of: ArmEvidence): readonly HeadAt[] {
  const { heads } = inductionOf(of)
  const { prefixMatching: highest } = best(heads, 'prefixMatching')
  return heads.filter(({ layer, prefixMatching }) => layer > 0 && prefixMatching >= highest / 2)
}

/** Previous-token score of attention that is the same to all positions a query sees. */
function evenScore({ dataset }: ArmEvidence): number {
  let sum = 0
  for (let query = 1; query < dataset.n_ctx; query++) sum += 1 / (query + 1)
  return sum / (dataset.n_ctx - 1)
}

export default defineRecipe({
  id: 'olsson-2022',
  paper: {
    title: 'In-context learning and induction heads',
    authors: ['Catherine Olsson', 'Nelson Elhage', 'Neel Nanda', 'Nicholas Joseph', 'Nova DasSarma', 'Tom Henighan', 'Chris Olah'],
    year: 2022,
    arxiv: '2209.11895',
  },
  summary:
    'Attention-only networks learn to continue random sequences that repeat. With two layers the loss falls in a sudden step, ' +
    'at which induction heads form: they look for what followed the present token before and copy it. With one layer there ' +
    'is no such step and no such head. Ablating induction heads takes away what the step gained.',
  base: {
    task: {
      id: 'repeated-sequences',
      settings: { vocabulary: 64, length: 24, shortest: 12, examples: 2048, trainFraction: 0.9, distinct: true },
    },
    model: { id: 'transformer', settings: { n_layers: 2, d_model: 128, n_heads: 4, d_head: 32, attentionOnly: true } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.001, weightDecay: 0.01, beta1: 0.9, beta2: 0.98, epsilon: 1e-8 } },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: { steps: 1500, batchSize: 64, measureEvery: 25, checkpointSpacing: 'log', checkpointCount: 30 },
  },
  scales: [
    {
      id: 'smoke',
      title: 'Smoke',
      note: 'one head a layer, 24 tokens, lengths 6 to 12: half a minute for both arms on one core',
      change: {
        task: { vocabulary: 24, length: 12, shortest: 6, examples: 1024 },
        model: { d_model: 64, n_heads: 1 },
        optimizer: { learningRate: 0.002 },
        schedule: { steps: 320, measureEvery: 10, checkpointCount: 16 },
      },
    },
    {
      id: 'paper',
      title: 'Paper',
      note: 'four heads a layer, 64 tokens, lengths 12 to 24: the size of the question, not of the paper’s networks',
      change: {},
    },
  ],
  arms: [
    { id: 'two-layer', title: 'Two layers', note: 'the smallest network that can hold an induction head', change: {} },
    { id: 'one-layer', title: 'One layer', note: 'no head can read what another one wrote', change: { model: { n_layers: 1 } } },
  ],
  differences: [
    'Random sequences that repeat take the place of text; only positions that can be copied are scored, so that the loss is ' +
      'the paper’s loss on repeated tokens.',
    'Lengths are drawn per sequence; the paper’s random sequences have one length, which only its evaluation uses.',
    'Networks have no normalization and one to four heads a layer of width 64 or 128; the paper’s small ones are wider, ' +
      'with twelve heads.',
    'The step is told from loss and prefix matching; the paper also uses the score of in-context learning on text.',
    'Ablation replaces what a head moves by its mean over sequences; the paper also freezes attention patterns.',
  ],
  claims: [
    {
      id: 'copies',
      says: 'A two-layer network learns to continue sequences that repeat.',
      where: '“Argument 1”',
      measures: 'accuracy on copied positions of unseen sequences, arm two-layer',
      needs: ['two-layer'],
      expect: [0.9, 1],
      measure: (evidence) => lastOf(seriesOf(arm(evidence, 'two-layer'), 'accuracy.test')),
    },
    {
      id: 'sudden-step',
      says: 'It does so in a sudden step of the loss.',
      where: '“Argument 1”, fig. 1',
      measures: 'share of the fall of the test loss in the steepest fifth of the run, arm two-layer',
      needs: ['two-layer'],
      expect: [0.5, 1],
      measure: (evidence) => steepest(seriesOf(arm(evidence, 'two-layer'), 'loss.test'), 'fall').share,
    },
    {
      id: 'heads-form-at-the-step',
      says: 'At the same time induction heads form.',
      where: '“Argument 1”, fig. 2',
      measures:
        'distance between the middles of the fifths of the run in which test loss falls and the best prefix-matching score ' +
        'rises most, as a share of the run, arm two-layer',
      needs: ['two-layer'],
      expect: [0, 0.1],
      measure: (evidence) => {
        const [loss, score] = [
          steepest(seriesOf(arm(evidence, 'two-layer'), 'loss.test'), 'fall'),
          steepest(seriesOf(arm(evidence, 'two-layer'), 'head-scores.prefixMatching'), 'rise'),
        ]
        return loss.share === 0 || score.share === 0 ? 1 : Math.abs(loss.middle - score.middle)
      },
    },
    {
      id: 'induction-head',
      says: 'A head of the second layer looks at what followed the present token before.',
      where: '“Argument 4”; app.',
      measures: 'highest prefix-matching score of a head of the second layer, arm two-layer',
      needs: ['two-layer'],
      expect: [0.5, 1],
      measure: (evidence) => {
        const { heads } = inductionOf(arm(evidence, 'two-layer'))
        return best(heads.filter(({ layer }) => layer === 1), 'prefixMatching').prefixMatching
      },
    },
    {
      id: 'previous-token-head',
      says: 'A head of the first layer looks at the token before.',
      where: 'Elhage et al. 2021, cited in “Key concepts”',
      measures: 'highest previous-token score of a head of the first layer over that of even attention, arm two-layer',
      needs: ['two-layer'],
      expect: [1.8, Infinity],
      measure: (evidence) => {
        const of = arm(evidence, 'two-layer')
        const { heads } = inductionOf(of)
        return best(heads.filter(({ layer }) => layer === 0), 'previousToken').previousToken / evenScore(of)
      },
    },
    {
      id: 'first-layer-feeds-it',
      says: 'The induction head finds its target by what the first layer wrote.',
      where: 'Elhage et al. 2021, cited in “Key concepts”',
      measures: 'share of the best prefix-matching score that goes when the heads of the first layer are ablated, arm two-layer',
      needs: ['two-layer'],
      expect: [0.5, 1],
      measure: (evidence) => {
        const { heads, prefixMatchingWithout } = inductionOf(arm(evidence, 'two-layer'))
        const head = best(heads.filter(({ layer }) => layer === 1), 'prefixMatching')
        return 1 - prefixMatchingWithout(head, heads.filter(({ layer }) => layer === 0)) / head.prefixMatching
      },
    },
    {
      id: 'ablation-takes-the-gain',
      says: 'Ablating the induction heads takes most of what was gained.',
      where: '“Argument 3”',
      measures: 'share of the fall of the test loss below chance that goes with the heads of at least half the best score, arm two-layer',
      needs: ['two-layer'],
      expect: [0.6, Infinity],
      measure: (evidence) => {
        const of = arm(evidence, 'two-layer')
        const { loss, lossWithout } = inductionOf(of)
        return gainOf(of) < leastGain * chanceLoss(of) ? 0 : (lossWithout(inductionHeads(of)) - loss) / gainOf(of)
      },
    },
    {
      id: 'one-layer-copies-less',
      says: 'A one-layer network gains far less.',
      where: '“Argument 2”, fig. 1',
      measures: 'gain below the loss of chance of arm two-layer minus that of arm one-layer, in units of the loss of chance',
      needs: ['two-layer', 'one-layer'],
      expect: [0.3, 1],
      measure: (evidence) => {
        const [two, one] = [arm(evidence, 'two-layer'), arm(evidence, 'one-layer')]
        return (gainOf(two) - gainOf(one)) / chanceLoss(two)
      },
    },
    {
      id: 'one-layer-has-none',
      says: 'It forms no induction head.',
      where: '“Argument 2”, fig. 2',
      measures: 'best prefix-matching score of arm two-layer minus that of arm one-layer',
      needs: ['two-layer', 'one-layer'],
      expect: [0.3, 1],
      measure: (evidence) => {
        const [two, one] = ['two-layer', 'one-layer'].map((id) => best(inductionOf(arm(evidence, id)).heads, 'prefixMatching'))
        return two!.prefixMatching - one!.prefixMatching
      },
    },
  ],
})
