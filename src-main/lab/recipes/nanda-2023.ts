/**
 * Progress measures for grokking: a one-layer transformer learns addition mod p, memorizes first, and generalizes long
 * after by a circuit of few frequencies that had been forming all the while.
 *
 * Ranges. Where the paper gives a number it is the range's end or lies well inside: cosines of key frequencies explain 95 %
 * of the logits' variance (§4.1), there are five of them. Elsewhere the range asks for the effect the figure shows, with
 * room for another seed and a smaller modulus.
 *
 * Series measured in training know the network of the moment, not the last one: their key frequencies are those that the
 * network has at that step. Measured claims about the last network use its own.
 */
import { arm, type Claim, type Evidence } from './claim'
import { chanceLoss, firstStep, lastOf, progressOf, seriesOf, valuesWithin } from './components/progress'
import { defineRecipe } from './recipe'

/** The first step at which the base arm's test accuracy is at least one half. */
const halfwayOf = (evidence: Evidence): number | undefined =>
  firstStep(seriesOf(arm(evidence, 'base'), 'accuracy.test'), (accuracy) => accuracy >= 0.5)

/** The first step at which a loss of the base arm is below half of chance. */
const stepBelowHalfChance = (evidence: Evidence, series: string): number | undefined => {
  const base = arm(evidence, 'base')
  return firstStep(seriesOf(base, series), (loss) => loss < chanceLoss(base) / 2)
}

/** Training that memorizes and stops there. */
function onlyMemorizes(armId: string, says: string, where: string): Claim {
  return {
    id: `${armId}-never-generalizes`,
    says,
    where,
    measures: `train minus test accuracy at the end, arm ${armId}`,
    needs: [armId],
    expect: [0.5, 1],
    measure: (evidence) => {
      const [train, test] = ['train', 'test'].map((part) => lastOf(seriesOf(arm(evidence, armId), `accuracy.${part}`)))
      return train! - test!
    },
  }
}

export default defineRecipe({
  id: 'nanda-2023',
  paper: {
    title: 'Progress measures for grokking via mechanistic interpretability',
    authors: ['Neel Nanda', 'Lawrence Chan', 'Tom Lieberum', 'Jess Smith', 'Jacob Steinhardt'],
    year: 2023,
    arxiv: '2301.05217',
  },
  summary:
    'A one-layer transformer learns addition mod p from a part of all pairs. It memorizes them early and generalizes ' +
    'suddenly and late. Its logits turn out to be cosines of a + b − c at a few key frequencies. Losses with and without ' +
    'these components show the circuit forming gradually, long before test loss falls.',
  base: {
    task: { id: 'modular-arithmetic', settings: { operation: '+', p: 113, trainFraction: 0.3, equalsToken: true } },
    model: { id: 'transformer', settings: { n_layers: 1, d_model: 128, n_heads: 4, d_head: 32, d_mlp: 512, activation: 'relu' } },
    optimizer: { id: 'adamw', settings: { learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.98, epsilon: 1e-8 } },
    loss: { id: 'cross-entropy', settings: { precision: 'float64' } },
    schedule: { steps: 15_000, measureEvery: 100, checkpointSpacing: 'log', checkpointCount: 30 },
  },
  scales: [
    {
      id: 'smoke',
      title: 'Smoke',
      note: 'p = 41 on a narrow network, learning rate and decay raised: a minute for all arms on one core',
      change: {
        task: { p: 41, trainFraction: 0.5 },
        model: { d_model: 64, d_head: 16, d_mlp: 128 },
        optimizer: { learningRate: 0.002, weightDecay: 3 },
        schedule: { steps: 2000, measureEvery: 25, checkpointCount: 16 },
      },
    },
    {
      id: 'scaled',
      title: 'Scaled',
      note: 'p = 59, d_mlp = 256, α = 0.4, learning rate and decay as published: a few minutes an arm on one core',
      change: {
        task: { p: 59, trainFraction: 0.4 },
        model: { d_mlp: 256 },
        schedule: { steps: 8000, measureEvery: 50 },
      },
    },
    { id: 'paper', title: 'Paper', note: 'p = 113, d_mlp = 512, α = 0.3, as published but for the number of steps', change: {} },
  ],
  arms: [
    { id: 'base', title: 'Weight decay', note: 'full batch, AdamW: memorizes, then generalizes', change: {} },
    {
      id: 'no-decay',
      title: 'No weight decay',
      note: 'the same without weight decay: memorizes only',
      change: { optimizer: { weightDecay: 0 } },
      atScale: { smoke: { schedule: { steps: 1500 } }, scaled: { schedule: { steps: 6000 } }, paper: { schedule: { steps: 10_000 } } },
    },
    {
      id: 'less-data',
      title: 'Less data',
      note: 'the same with too small a part of the pairs: memorizes only',
      change: { task: { trainFraction: 0.15 } },
      atScale: {
        smoke: { task: { trainFraction: 0.2 }, schedule: { steps: 1500 } },
        scaled: { task: { trainFraction: 0.2 }, schedule: { steps: 6000 } },
        paper: { schedule: { steps: 10_000 } },
      },
    },
  ],
  differences: [
    'Split and initial weights come from this program’s generator; the authors’ seed (598) belongs to PyTorch’s.',
    'There are no biases; the authors’ demonstration freezes them at zero.',
    'Steps: 15,000, some beyond the end of the paper’s cleanup (14,000); the paper trains for 40,000. Arms that only ' +
      'memorize stop earlier, after the step at which the base arm has generalized.',
    'A key frequency holds at least 1 % of the variance of the logits; the paper reads its five off a plot.',
    'Restricted and excluded loss in training use the key frequencies of that step; the paper uses those of the end.',
    'Too little data is shown at one share of the pairs; the paper varies it from 10 to 90 %.',
    'Scaled: p = 59, α = 0.4, d_mlp = 256; smaller moduli need a larger part of the pairs.',
    'Smoke scale: p = 41, α = 0.5, d_model = 64, d_mlp = 128, learning rate 0.002 and decay 3, which compresses the ' +
      'phases into some hundred steps.',
  ],
  claims: [
    {
      id: 'groks',
      says: 'The network generalizes long after it fits its training pairs.',
      where: 'fig. 2',
      measures: 'step of 95 % test accuracy over step of 95 % train accuracy, arm base',
      needs: ['base'],
      expect: [3, Infinity],
      measure: (evidence) => {
        const stepOf = (part: string): number | undefined =>
          firstStep(seriesOf(arm(evidence, 'base'), `accuracy.${part}`), (accuracy) => accuracy >= 0.95)
        const [train, test] = [stepOf('train'), stepOf('test')]
        return train === undefined || test === undefined ? 0 : test / Math.max(1, train)
      },
    },
    {
      id: 'generalizes',
      says: 'In the end it answers unseen pairs.',
      where: 'fig. 2',
      measures: 'test accuracy, arm base',
      needs: ['base'],
      expect: [0.99, 1],
      measure: (evidence) => lastOf(seriesOf(arm(evidence, 'base'), 'accuracy.test')),
    },
    {
      id: 'few-key-frequencies',
      says: 'Its logits use a handful of key frequencies.',
      where: '§4.1; fig. 3',
      measures: 'number of harmonics with at least 1 % of the variance of the logits, arm base',
      needs: ['base'],
      expect: [1, 8],
      measure: (evidence) => progressOf(arm(evidence, 'base')).freqs.length,
    },
    {
      id: 'cosines-explain-logits',
      says: 'Cosines of a + b − c at the key frequencies explain the logits.',
      where: '§4.1',
      measures: 'share of the variance of the logits, arm base; the paper has 0.95',
      needs: ['base'],
      expect: [0.95, 1],
      measure: (evidence) => progressOf(arm(evidence, 'base')).explained,
    },
    {
      id: 'keeping-them-helps',
      says: 'Keeping these components alone lowers the test loss.',
      where: '§4.4',
      measures: 'share of the test loss that goes when logits keep key frequencies only, arm base; the paper has 0.77 of the whole loss',
      needs: ['base'],
      expect: [0.1, 1],
      measure: (evidence) => {
        const { testLoss, restrictedTestLoss } = progressOf(arm(evidence, 'base'))
        return 1 - restrictedTestLoss / testLoss
      },
    },
    {
      id: 'ablating-them-breaks',
      says: 'Without them nothing is left of what was learned, not even on training pairs.',
      where: '§4.4',
      measures: 'rise of the train loss when key frequencies are removed, in units of the loss of chance, arm base',
      needs: ['base'],
      expect: [0.8, Infinity],
      measure: (evidence) => {
        const base = arm(evidence, 'base')
        const { excludedLoss, trainLoss } = progressOf(base)
        return (excludedLoss - trainLoss) / chanceLoss(base)
      },
    },
    {
      id: 'restricted-loss-falls-first',
      says: 'Restricted loss falls long before test loss: the circuit forms before it wins.',
      where: 'fig. 7; §5.2',
      measures: 'lead of the step where restricted loss is below half of chance over that of test loss, as a share of the latter, arm base',
      needs: ['base'],
      expect: [0.15, 1],
      measure: (evidence) => {
        const [restricted, test] = ['restricted-loss', 'loss.test'].map((id) => stepBelowHalfChance(evidence, id))
        return restricted === undefined || !test ? 0 : (test - restricted) / test
      },
    },
    {
      id: 'excluded-loss-rises',
      says: 'While test accuracy is still low, excluded loss rises: the network comes to rely on the circuit.',
      where: 'fig. 7; §5.2',
      measures: 'rise of the excluded loss from its lowest to the step of 50 % test accuracy, in units of the loss of chance, arm base',
      needs: ['base'],
      expect: [0.3, Infinity],
      measure: (evidence) => {
        const halfway = halfwayOf(evidence)
        if (halfway === undefined) return 0
        const base = arm(evidence, 'base')
        const until = valuesWithin(seriesOf(base, 'excluded-loss'), 0, halfway)
        return until.length === 0 ? 0 : (until.at(-1)! - Math.min(...until)) / chanceLoss(base)
      },
    },
    {
      id: 'train-loss-stays-low',
      says: 'Meanwhile the train loss stays low; it does not show what is going on.',
      where: 'fig. 7; §5.2',
      measures: 'train loss at the step of 50 % test accuracy, in units of the loss of chance, arm base',
      needs: ['base'],
      expect: [0, 0.05],
      measure: (evidence) => {
        const halfway = halfwayOf(evidence)
        const base = arm(evidence, 'base')
        if (halfway === undefined) return 1
        const [loss = Infinity] = valuesWithin(seriesOf(base, 'loss.train'), halfway, halfway)
        return loss / chanceLoss(base)
      },
    },
    {
      id: 'weight-norm-falls',
      says: 'Weight decay removes what memorized: the sum of squared weights falls.',
      where: 'fig. 7; §5.2',
      measures: 'fall of the sum of squared weights from its highest to the end, as a share of the highest, arm base',
      needs: ['base'],
      expect: [0.2, 1],
      measure: (evidence) => {
        const squares = Array.from(seriesOf(arm(evidence, 'base'), 'weight-norm').values, (norm) => norm * norm)
        const highest = Math.max(...squares)
        return squares.length === 0 ? 0 : 1 - squares.at(-1)! / highest
      },
    },
    {
      id: 'weights-become-sparse',
      says: 'The map from neurons to logits becomes sparse in the Fourier basis.',
      where: 'fig. 7; §5.2',
      measures: 'rise of the Gini coefficient of its Fourier norms from the first measurement to the last, arm base',
      needs: ['base'],
      expect: [0.3, 1],
      measure: (evidence) => {
        const { values } = seriesOf(arm(evidence, 'base'), 'fourier-gini.W_L')
        return values.length === 0 ? 0 : values[values.length - 1]! - values[0]!
      },
    },
    onlyMemorizes('no-decay', 'Without weight decay the network never generalizes.', 'app. D.1'),
    onlyMemorizes('less-data', 'With too few pairs it never generalizes.', 'app. D.2'),
  ],
})
