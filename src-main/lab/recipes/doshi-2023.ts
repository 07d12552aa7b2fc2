/**
 * To grok or not to grok: a network that memorizes wrong labels and finds the rule all the same, keeps the two in
 * different neurons, and stops memorizing under weight decay, dropout or BatchNorm.
 *
 * Ranges. Where the paper draws a line it is the range's end: coexistence is train and test accuracy of at least 90 %,
 * full inversion a train accuracy of at most 5 points over 1 - xi (table 2). Elsewhere the range asks for the effect the
 * figure shows, with room for another seed and a smaller modulus. Symbols: p modulus, N width, alpha train fraction,
 * xi share of corrupted labels.
 */
import { arm, type Claim } from './claim'
import { correlation, errorsRemoved, excessOver, inspect, iprShares, mean } from './components/inspection'
import { defineRecipe } from './recipe'

/** The two claims every way of regularizing shares: wrong labels are not fitted, the rule is found. */
function ignoresLabels(armId: string, title: string, where: string): readonly Claim[] {
  return [
    {
      id: `${armId}-ignores-labels`,
      says: `${title} makes the network ignore the corrupted labels: train accuracy falls to about 1 − ξ.`,
      where,
      measures: `train accuracy minus (1 − ξ), arm ${armId}`,
      needs: [armId],
      expect: [-0.05, 0.05],
      measure: (evidence) => excessOver(arm(evidence, armId), inspect(arm(evidence, armId)).whole.train),
    },
    {
      id: `${armId}-generalizes`,
      says: `${title} leaves a network that generalizes.`,
      where,
      measures: `test accuracy, arm ${armId}`,
      needs: [armId],
      expect: [0.9, 1],
      measure: (evidence) => inspect(arm(evidence, armId)).whole.test,
    },
  ]
}

/** How weight decay and dropout do it: the neurons that memorize go. */
function raisesIpr(armId: string, title: string): Claim {
  return {
    id: `${armId}-removes-low-ipr`,
    says: `${title} shifts the distribution of the IPR to high values; low-IPR neurons vanish.`,
    where: 'fig. 4',
    measures: `mean IPR of arm ${armId} minus that of arm base`,
    needs: ['base', armId],
    expect: [0.1, 1],
    measure: (evidence) =>
      mean(inspect(arm(evidence, armId)).neurons.ipr.data) - mean(inspect(arm(evidence, 'base')).neurons.ipr.data),
  }
}

export default defineRecipe({
  id: 'doshi-2023',
  paper: {
    title: 'To grok or not to grok: disentangling generalization and memorization on corrupted algorithmic datasets',
    authors: ['Darshil Doshi', 'Aritra Das', 'Tianyu He', 'Andrey Gromov'],
    year: 2023,
    arxiv: '2310.13061',
  },
  summary:
    'A two-layer quadratic network learns addition mod p while a share ξ of its training labels is random. Without ' +
    'regularization it memorizes the wrong labels and reaches full test accuracy; the neurons that memorize have weights ' +
    'without a dominant harmonic and can be pruned away. Weight decay, dropout and BatchNorm keep it from memorizing.',
  base: {
    task: { id: 'modular-arithmetic', settings: { operation: '+', p: 97, trainFraction: 0.5, corruptedShare: 0.35 } },
    model: { id: 'mlp', settings: { d_mlp: 500, activation: 'quadratic' } },
    optimizer: {
      id: 'adamw',
      settings: { learningRate: 0.01, weightDecay: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-8 },
    },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 1000, measureEvery: 10, checkpointEvery: 50 },
  },
  scales: [
    {
      id: 'smoke',
      title: 'Smoke',
      note: 'p = 59, N = 256, α = 0.6, ξ = 0.3: a minute for all arms on one core',
      change: {
        task: { p: 59, trainFraction: 0.6, corruptedShare: 0.3 },
        model: { d_mlp: 256 },
        schedule: { steps: 350, measureEvery: 25, checkpointEvery: 25 },
      },
    },
    {
      id: 'paper',
      title: 'Paper',
      note: 'p = 97, N = 500, α = 0.5, ξ = 0.35, as published',
      change: {},
    },
  ],
  arms: [
    {
      id: 'base',
      title: 'No regularization',
      note: 'full batch, no weight decay: memorization and generalization coexist',
      change: {},
    },
    {
      id: 'weak-decay',
      title: 'Weak weight decay',
      note: 'between coexistence and full inversion: part of the corrupted labels is memorized',
      change: { optimizer: { weightDecay: 5 }, schedule: { steps: 500 } },
      atScale: { smoke: { optimizer: { weightDecay: 7 }, schedule: { steps: 250 } } },
    },
    {
      id: 'weight-decay',
      title: 'Weight decay',
      note: 'decay 15 at learning rate 0.01: each step shrinks the weights by 15 %',
      change: { optimizer: { weightDecay: 15 }, schedule: { steps: 500 } },
      atScale: { smoke: { schedule: { steps: 250 } } },
    },
    {
      id: 'dropout',
      title: 'Dropout',
      note: 'on the pre-activation, before squaring, as in the authors’ code',
      change: { model: { dropout: 0.6 }, schedule: { steps: 1000 } },
      atScale: { smoke: { schedule: { steps: 700 } } },
    },
    {
      id: 'batch-norm',
      title: 'BatchNorm',
      note: 'after the activation, minibatches of 64, learning rate 0.005, fewer corrupted labels',
      change: {
        task: { trainFraction: 0.65, corruptedShare: 0.2 },
        model: { batchNorm: true },
        optimizer: { learningRate: 0.005 },
        schedule: { steps: 2000, batchSize: 64 },
      },
      atScale: { smoke: { task: { trainFraction: 0.75 }, schedule: { steps: 800 } } },
    },
  ],
  differences: [
    'Split, corrupted labels and initial weights come from this program’s generator; the authors’ seeds ' +
      '(420 and 0) belong to PyTorch’s.',
    'Steps: 1,000 without regularization and with dropout, 500 with weight decay, where the outputs of ' +
      'the authors’ code settle; the paper’s phase diagrams use 2,000.',
    'BatchNorm uses the setting of the authors’ example (α = 0.65, ξ = 0.2, batches of 64, learning ' +
      'rate 0.005), not that of the other arms.',
    'Dropout is shown at one rate of the paper’s four, 0.6.',
    'A neuron counts as low below IPR 0.15 and as high from 0.5 on; pruning removes all below 0.5. The ' +
      'paper shows histograms and whole curves.',
    'Smoke scale: p = 59 with N = 256, α = 0.6, ξ = 0.3. With the paper’s α = 0.5 and ξ = 0.35 a ' +
      'network of this modulus memorizes only.',
    'Smoke scale: weak decay is 7, as 5 is on the edge to coexistence at this modulus.',
    'Smoke scale: BatchNorm has α = 0.75. At α = 0.65 it still generalizes but memorizes about half of ' +
      'the corrupted labels (train 0.89 at 1 − ξ = 0.8).',
  ],
  claims: [
    {
      id: 'memorizes-corrupted',
      says: 'Without regularization the network memorizes the corrupted labels.',
      where: 'fig. 1a; table 2, coexistence',
      measures: 'accuracy on corrupted training pairs, arm base',
      needs: ['base'],
      expect: [0.9, 1],
      measure: (evidence) => inspect(arm(evidence, 'base')).whole.trainCorrupted,
    },
    {
      id: 'generalizes',
      says: 'The same network generalizes to unseen pairs.',
      where: 'fig. 1a; table 2, coexistence',
      measures: 'test accuracy, arm base',
      needs: ['base'],
      expect: [0.9, 1],
      measure: (evidence) => inspect(arm(evidence, 'base')).whole.test,
    },
    {
      id: 'ipr-bimodal',
      says: 'Its neurons fall into two groups, of low and of high IPR.',
      where: 'fig. 4',
      measures: 'smaller of the shares of neurons with IPR < 0.15 and with IPR ≥ 0.5, minus the share between, arm base',
      needs: ['base'],
      expect: [0.05, 0.5],
      measure: (evidence) => {
        const { low, between, high } = iprShares(inspect(arm(evidence, 'base')).neurons)
        return Math.min(low, high) - between
      },
    },
    {
      id: 'pruning-low-forgets',
      says: 'Removing the low-IPR neurons lowers the accuracy on corrupted labels to chance.',
      where: 'fig. 6',
      measures: 'fall of the accuracy on corrupted pairs when neurons with IPR < 0.5 are removed, arm base',
      needs: ['base'],
      expect: [0.85, 1],
      measure: (evidence) => {
        const { whole, withoutLow } = inspect(arm(evidence, 'base'))
        return whole.trainCorrupted - withoutLow.trainCorrupted
      },
    },
    {
      id: 'pruning-low-sees-true',
      says: 'Without them the network predicts the true labels of the corrupted pairs.',
      where: '§4',
      measures: 'share of corrupted pairs predicted as their true label without neurons of IPR < 0.5, arm base',
      needs: ['base'],
      expect: [0.9, 1],
      measure: (evidence) => inspect(arm(evidence, 'base')).withoutLow.trueLabel,
    },
    {
      id: 'pruning-low-raises-test',
      says: 'Removing them raises the accuracy on unseen pairs.',
      where: 'fig. 6',
      measures: 'share of the test errors that removing neurons with IPR < 0.5 takes away, arm base',
      needs: ['base'],
      expect: [0.25, 1],
      measure: (evidence) => {
        const { whole, withoutLow } = inspect(arm(evidence, 'base'))
        return errorsRemoved(whole.test, withoutLow.test)
      },
    },
    {
      id: 'pruning-low-keeps-clean',
      says: 'The accuracy on clean training pairs stays high.',
      where: 'fig. 6',
      measures: 'accuracy on clean training pairs without neurons of IPR < 0.5, arm base',
      needs: ['base'],
      expect: [0.95, 1],
      measure: (evidence) => inspect(arm(evidence, 'base')).withoutLow.trainClean,
    },
    {
      id: 'pruning-low-ends-at-inversion',
      says: 'The train accuracy as a whole settles near 1 − ξ.',
      where: 'fig. 6',
      measures: 'train accuracy minus (1 − ξ) without neurons of IPR < 0.5, arm base',
      needs: ['base'],
      expect: [-0.05, 0.05],
      measure: (evidence) => excessOver(arm(evidence, 'base'), inspect(arm(evidence, 'base')).withoutLow.train),
    },
    {
      id: 'pruning-high-breaks-test',
      says: 'Removing the high-IPR neurons instead destroys generalization.',
      where: 'fig. 6',
      measures: 'fall of the test accuracy when the fifth of the neurons with the highest IPR is removed, arm base',
      needs: ['base'],
      expect: [0.4, 1],
      measure: (evidence) => {
        const { whole, withoutHigh } = inspect(arm(evidence, 'base'))
        return whole.test - withoutHigh.test
      },
    },
    {
      id: 'pruning-high-keeps-corrupted',
      says: 'The corrupted labels stay memorized without the high-IPR neurons.',
      where: 'fig. 6',
      measures: 'accuracy on corrupted pairs without the fifth of the neurons with the highest IPR, arm base',
      needs: ['base'],
      expect: [0.9, 1],
      measure: (evidence) => inspect(arm(evidence, 'base')).withoutHigh.trainCorrupted,
    },
    {
      id: 'weak-decay-memorizes-partly',
      says: 'Weak weight decay lets the network memorize a part of the corrupted labels.',
      where: 'table 2, partial inversion',
      measures: 'accuracy on corrupted training pairs, arm weak-decay',
      needs: ['weak-decay'],
      expect: [0.15, 0.72],
      measure: (evidence) => inspect(arm(evidence, 'weak-decay')).whole.trainCorrupted,
    },
    ...ignoresLabels('weight-decay', 'Weight decay', 'table 2, full inversion; fig. 1'),
    raisesIpr('weight-decay', 'Weight decay'),
    {
      id: 'weight-decay-two-stages',
      says: 'The train accuracy rises above 1 − ξ first and falls back to it when the network generalizes.',
      where: '§3',
      measures: 'highest measured train accuracy minus the last one, arm weight-decay',
      needs: ['weight-decay'],
      expect: [0.1, 1],
      measure: (evidence) => {
        const values = Array.from(arm(evidence, 'weight-decay').series['accuracy.train']?.values ?? [0])
        return Math.max(...values) - values.at(-1)!
      },
    },
    ...ignoresLabels('dropout', 'Dropout', 'table 2, full inversion; fig. 1'),
    raisesIpr('dropout', 'Dropout'),
    ...ignoresLabels('batch-norm', 'BatchNorm', 'fig. 5'),
    {
      id: 'batch-norm-keeps-low-ipr',
      says: 'Under BatchNorm low-IPR neurons persist beside high-IPR ones.',
      where: 'fig. 5',
      measures: 'smaller of the shares of neurons with IPR < 0.15 and with IPR ≥ 0.5, arm batch-norm',
      needs: ['batch-norm'],
      expect: [0.1, 0.5],
      measure: (evidence) => {
        const { low, high } = iprShares(inspect(arm(evidence, 'batch-norm')).neurons)
        return Math.min(low, high)
      },
    },
    {
      id: 'batch-norm-scales-by-ipr',
      says: 'BatchNorm weighs high-IPR neurons up and low-IPR neurons down.',
      where: 'fig. 5',
      measures: 'correlation of |γ| with IPR over neurons, arm batch-norm',
      needs: ['batch-norm'],
      expect: [0.5, 1],
      measure: (evidence) => {
        const { neurons } = inspect(arm(evidence, 'batch-norm'))
        return correlation(neurons.extra.find(({ id }) => id === 'gamma')?.values.data ?? [], neurons.ipr.data)
      },
    },
  ],
})
