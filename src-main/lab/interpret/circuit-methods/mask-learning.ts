/**
 * Subnetwork probing over edges: a mask is learned that keeps the metric with few edges, by gradients through a network
 * whose edges are ablated by shares.
 *
 *   z_e     = clamp( s_e (ζ - γ) + γ, 0, 1 ),   s_e = σ( (log u - log(1 - u) + α_e) / β ),   u uniform, drawn by the seed
 *   loss    = distance from the whole + penalty · mean over edges of P(z_e > 0),   P(z_e > 0) = σ( α_e - β log(-γ / ζ) )
 *   edge e is ablated by the share 1 - z_e;   β = 2/3, γ = -0.1, ζ = 1.1
 *
 * distance is the mean divergence (kl-divergence) or the mean squared difference of a pair's metric from its clean one
 * (others), over what it is with every edge ablated, so that a penalty means the same whatever the metric. α starts at 2
 * and is trained by Adam. The score of an edge is its mask without noise, clamp( σ(α)(ζ - γ) + γ, 0, 1 ); edges above ½ are
 * the circuit.
 *
 * Source: arXiv:2104.03514 (masks, there of weights and heads), arXiv:1712.01312 §2 (hard concrete), arXiv:2406.16778 (edges).
 */
import { createRng, type Rng } from '../../../base/rng'
import { integer, number } from '../../../base/settings'
import { scoped, tf, type Tensor } from '../../../engine/tf'
import { createAdam } from '../components/adam'
import { recordCircuit, type CircuitRecording } from '../components/circuit-recording'
import { withoutGradient } from '../components/circuit-suitability'
import { defineCircuitMethod } from './circuit-method'

const [beta, gamma, zeta] = [2 / 3, -0.1, 1.1]

export default defineCircuitMethod({
  id: 'mask-learning',
  title: 'Edge mask learning',
  definition:
    'Subnetwork probing: hard-concrete masks of all edges are trained to keep the metric with few edges. Scores are the masks ' +
    'without noise, 0 to 1; edges above ½ are the circuit.',
  source: 'arXiv:2104.03514; arXiv:1712.01312 §2; arXiv:2406.16778',
  isExact: false,
  gives: 'circuit',
  over: 'edges',
  reads: 'substitutes',
  fields: {
    steps: integer({ title: 'Steps', help: 'Optimizer steps, each one pass of all pairs with its gradient.', default: 100, min: 1, max: 100_000 }),
    learningRate: number({ title: 'Learning rate', help: 'Of Adam, on the masks’ logits.', default: 0.15, min: 1e-6, max: 10 }),
    penalty: number({
      title: 'Penalty',
      help: 'Weight of the share of edges kept. 1 weighs keeping every edge as much as losing everything; larger ones leave smaller circuits.',
      default: 0.3,
      min: 0,
    }),
    seed: integer({ title: 'Seed', help: 'Of the masks’ noise.', default: 0, min: 0 }),
  },
  unsuitable: withoutGradient,
  *run(network, plan, settings) {
    const { steps, learningRate, penalty, seed } = settings
    const recording = recordCircuit(network, plan)
    const { edgeCount } = recording.graph
    const rng = createRng(seed).fork('masks')
    const logits = new Float64Array(edgeCount).fill(2)
    const adam = createAdam(edgeCount, learningRate)
    const scores = new Float64Array(edgeCount)
    const distance = distanceOf(recording, plan.metric === 'kl-divergence')
    let loss = NaN
    try {
      for (let step = 1; step <= steps; step++) {
        const found = scoped(() => lossAndGradient(recording, { logits, noise: noiseOf(edgeCount, rng), penalty, distance }))
        loss = found.loss
        adam(logits, found.gradient)
        scores.set(logits.map(maskOf))
        yield { scores, done: step, total: steps }
      }
    } finally {
      recording.dispose()
    }
    return { scores, kept: Uint8Array.from(scores, (score) => (score > 0.5 ? 1 : 0)), record: { loss } }
  },
})

const maskOf = (logit: number): number => Math.min(1, Math.max(0, (zeta - gamma) / (1 + Math.exp(-logit)) + gamma))

/** log u - log(1 - u). */
function noiseOf(count: number, rng: Rng): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const u = Math.min(1 - 1e-6, Math.max(1e-6, rng.uniform()))
    return Math.log(u) - Math.log(1 - u)
  })
}

type Distance = (metric: Tensor) => Tensor

/** 0 at the clean run, 1 with every edge ablated; 0 everywhere where ablating changes nothing. */
function distanceOf({ clean, graph, metricsOf }: CircuitRecording, isDivergence: boolean): Distance {
  const empty = metricsOf([new Uint8Array(graph.edgeCount)])
  const apart = (value: number, pair: number): number => (isDivergence ? value : (value - clean[pair]!) ** 2)
  const scale = empty.reduce((sum, value, pair) => sum + apart(value, pair), 0) / empty.length
  return (metric) => {
    if (scale === 0) return metric.mean().mul(0)
    const apartOf = isDivergence ? metric : metric.sub(tf.tensor1d(Float32Array.from(clean))).square()
    return apartOf.mean().div(scale)
  }
}

interface Step {
  readonly logits: Float64Array
  readonly noise: Float32Array
  readonly penalty: number
  readonly distance: Distance
}

function lossAndGradient(recording: CircuitRecording, { logits, noise, penalty, distance }: Step): { loss: number; gradient: Float32Array } {
  const lossOf = (alpha: Tensor): Tensor => {
    const stretched = tf.sigmoid(alpha.add(tf.tensor1d(noise)).div(beta)).mul(zeta - gamma).add(gamma)
    const kept = tf.clipByValue(stretched, 0, 1)
    const isOpen = tf.sigmoid(alpha.sub(beta * Math.log(-gamma / zeta))).mean()
    return distance(recording.metricUnder(tf.sub(1, kept))).add(isOpen.mul(penalty)).asScalar()
  }
  const { value, grad } = tf.valueAndGrad(lossOf)(tf.tensor1d(Float32Array.from(logits)))
  return { loss: value.dataSync()[0]!, gradient: grad.dataSync() as Float32Array } // of float32
}
