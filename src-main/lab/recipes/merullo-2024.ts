/**
 * Circuit component reuse: one network that learns several tasks uses the same heads for tasks that need the same steps.
 *
 * GPT-2 Medium, which the paper takes apart, is not here and not small. The question is asked of a transformer of three
 * layers of eight heads, trained here on the paper's two tasks in symbols, on a control that shares no step with them, and on
 * sequences that repeat. What the paper finds by intervening on attention is asked of the same network at the time when it
 * names one of the two colours and does not know which.
 *
 * Which heads are shared depends on word order: with the colour after its object, what copies the word after an earlier one
 * serves both tasks. components/reuse.ts says how heads are ranked.
 */
import { arm, type ArmEvidence } from './claim'
import { correlation } from './components/inspection'
import { effectsOf, families, repairOf, sharedHeads, type Family } from './components/reuse'
import { defineRecipe } from './recipe'

/** A network that answers fewer of a family's prompts has no heads for it. */
const leastAccuracy = 0.9
const hasLearned = (of: ArmEvidence): boolean => families.every((family) => effectsOf(of, family).accuracy >= leastAccuracy)

const alike = (of: ArmEvidence, one: Family, other: Family): number =>
  correlation(effectsOf(of, one).effects, effectsOf(of, other).effects)

export default defineRecipe({
  id: 'merullo-2024',
  paper: {
    title: 'Circuit component reuse across tasks in transformer language models',
    authors: ['Jack Merullo', 'Carsten Eickhoff', 'Ellie Pavlick'],
    year: 2024,
    arxiv: '2310.08744',
  },
  summary:
    'A network that names indirect objects and the colours of objects does both with largely the same heads, and the larger ' +
    'of two numbers with others. With the colour written before its object the two tasks no longer share them. While it ' +
    'still guesses between two colours, making four heads look at the right one repairs it.',
  base: {
    task: { id: 'circuit-reuse', settings: { examples: 2048, trainFraction: 0.8, order: 'object colour' } },
    model: {
      id: 'transformer',
      settings: {
        n_layers: 3, d_model: 64, n_heads: 8, d_head: 8, d_mlp: 256, normalization: 'LN', activation: 'gelu', biases: true,
      },
    },
    optimizer: { id: 'adamw', settings: { learningRate: 0.002, weightDecay: 0.05, beta1: 0.9, beta2: 0.98, epsilon: 1e-8 } },
    loss: { id: 'cross-entropy', settings: {} },
    schedule: { steps: 1200, batchSize: 256, measureEvery: 100, checkpointSpacing: 'log', checkpointCount: 16 },
  },
  scales: [
    { id: 'smoke', title: 'Smoke', note: 'one word order, 1,200 steps: about a minute on two cores', change: {} },
    { id: 'paper', title: 'Paper', note: 'the question’s size, not that of the paper’s network: both word orders', change: {} },
  ],
  arms: [
    { id: 'object-first', title: 'Object, then colour', note: 'the word that is asked for follows the one that is named', change: {} },
    {
      id: 'half-way',
      title: 'Before it knows which colour',
      note: 'the same network after 400 steps, at which indirect objects are right and colours are a guess between two',
      change: { schedule: { steps: 400 } },
    },
    {
      id: 'colour-first',
      title: 'Colour, then object',
      note: 'the word that is asked for stands before the one that is named',
      change: { task: { order: 'colour object' } },
      scales: ['paper'],
    },
  ],
  differences: [
    'A network of three layers of eight heads trained here takes the place of GPT-2 Medium; prompts are symbols, with two ' +
      'objects instead of three.',
    'Heads are those of largest direct effect on the logits; the paper also follows the paths to those heads.',
    'The control is the larger of two numbers; the paper’s are Greater-Than and World Capitals.',
    'The paper repairs GPT-2 Medium by making inhibition heads look at the wrong colours. This network has none; heads are ' +
      'chosen by what they gain alone, on other prompts, and made to look at the right colour.',
  ],
  claims: [
    {
      id: 'learns-all',
      says: 'One network answers all three tasks.',
      where: '§2',
      measures: 'lowest accuracy of the three families, arm object-first',
      needs: ['object-first'],
      expect: [leastAccuracy, 1],
      measure: (evidence) => Math.min(...families.map((family) => effectsOf(arm(evidence, 'object-first'), family).accuracy)),
    },
    {
      id: 'shares-heads',
      says: 'Indirect object and colored objects share most of their heads.',
      where: '§4: 25 of 32',
      measures: 'heads of the four of largest direct effect that the two have in common, arm object-first',
      needs: ['object-first'],
      expect: [3, 4],
      measure: (evidence) => {
        const of = arm(evidence, 'object-first')
        return hasLearned(of) ? sharedHeads(of, 'ioi', 'colored objects') : 0
      },
    },
    {
      id: 'effects-agree',
      says: 'What matters for one of them matters for the other.',
      where: '§4',
      measures: 'correlation of the direct effects of all heads on the two tasks, arm object-first',
      needs: ['object-first'],
      expect: [0.6, 1],
      measure: (evidence) => {
        const of = arm(evidence, 'object-first')
        return hasLearned(of) ? alike(of, 'ioi', 'colored objects') : 0
      },
    },
    {
      id: 'control-shares-less',
      says: 'A task that needs other steps shares fewer.',
      where: '§6: Greater-Than 3 of 18',
      measures: 'shared heads of the two tasks minus the most that either shares with the larger of two numbers, arm object-first',
      needs: ['object-first'],
      expect: [2, 4],
      measure: (evidence) => {
        const of = arm(evidence, 'object-first')
        if (!hasLearned(of)) return 0
        const control = Math.max(sharedHeads(of, 'ioi', 'max of two'), sharedHeads(of, 'colored objects', 'max of two'))
        return sharedHeads(of, 'ioi', 'colored objects') - control
      },
    },
    {
      id: 'word-order-decides',
      says: 'With the words turned round, the two tasks share fewer heads than before.',
      where: 'not in the paper',
      measures: 'shared heads of arm object-first minus those of arm colour-first',
      needs: ['object-first', 'colour-first'],
      expect: [2, 4],
      measure: (evidence) => {
        const both = ['object-first', 'colour-first'].map((id) => arm(evidence, id))
        if (!both.every(hasLearned)) return 0
        const [first, second] = both.map((of) => sharedHeads(of, 'ioi', 'colored objects'))
        return first! - second!
      },
    },
    {
      id: 'few-heads-repair',
      says: 'Intervening on the attention of four heads repairs what the network gets wrong.',
      where: '§5: from 49.6 to 93.7 %',
      measures: 'accuracy gained on colored objects by making the four chosen heads look at the right colour, arm half-way',
      needs: ['half-way'],
      expect: [0.2, 1],
      measure: (evidence) => {
        const { before, after } = repairOf(arm(evidence, 'half-way'))
        return after - before
      },
    },
    {
      id: 'other-heads-do-not',
      says: 'Intervening on other heads does not.',
      where: '§5: random heads 49.9 ± 1.0 %',
      measures: 'accuracy with the four chosen heads minus the mean with four of the others, arm half-way',
      needs: ['half-way'],
      expect: [0.2, 1],
      measure: (evidence) => {
        const { after, control } = repairOf(arm(evidence, 'half-way'))
        return after - control
      },
    },
  ],
})
