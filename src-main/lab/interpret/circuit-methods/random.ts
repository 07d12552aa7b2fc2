/** Scores that say nothing: what every method has to beat. */
import { createRng } from '../../../base/rng'
import { integer } from '../../../base/settings'
import { graphOfPlan, withoutGraph } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

export default defineCircuitMethod({
  id: 'random',
  title: 'Random scores',
  definition: 'A standard normal number for each edge, drawn by the seed without looking at network or pairs.',
  source: 'baseline of arXiv:2504.13151 §4',
  isExact: false,
  gives: 'scores',
  over: 'edges',
  reads: 'nothing',
  fields: { seed: integer({ title: 'Seed', help: 'Of the draw.', default: 0, min: 0 }) },
  unsuitable: withoutGraph,
  *run(network, plan, { seed }) {
    const { edgeCount } = graphOfPlan(network, plan)
    const scores = randomScores(edgeCount, seed)
    yield { scores, done: edgeCount, total: edgeCount }
    return { scores }
  },
})

export function randomScores(count: number, seed: number): Float64Array {
  const rng = createRng(seed).fork('scores')
  return Float64Array.from({ length: count }, () => rng.normal())
}
