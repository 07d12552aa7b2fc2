import { createRng } from '../../base/rng'
import { AppError } from '../../base/result'
import { scoped, tf, type Tensor } from '../../engine/tf'
import type { ServiceOf } from '../../contract/rpc'
import { exportedNetwork } from '../../lab/exporters/exported-network'
import { weightSteps, type TransformerWeights, type WeightStep } from '../../lab/models/components/weight-processing'
import type { ArraysByName } from '../../lab/models/model'
import { createNetwork, type Network } from '../../lab/models/network'
import type { computeContract } from '../compute/contract'
import type { Bench } from './bench'

type Service = ServiceOf<typeof computeContract.copies>

/** What a processed copy is compared with its original on. */
const comparedSequences = 8
const comparedLength = 64

export function createCopies({ subjects }: Bench): Service {
  return {
    steps({ key }) {
      const { network } = subjects.require(key)
      return weightSteps.map((step) => {
        const refusal = refusalOf(step, network)
        return { id: step.id, title: step.title, help: step.help, ...(refusal !== undefined && { refusal }) }
      })
    },
    process({ key, steps }) {
      const { network, spec } = subjects.require(key)
      let weights = weightsOf(network)
      for (const id of steps) {
        const step = weightSteps.find((one) => one.id === id)
        if (!step) throw unavailable(`unknown step '${id}'; known: ${weightSteps.map((one) => one.id).join(', ')}`)
        const refusal = network.model.id === 'transformer' ? step.refusal(weights) : notATransformer
        if (refusal !== undefined) throw unavailable(`${step.title.toLowerCase()}: ${refusal}`)
        weights = step.apply(weights)
      }
      const titles = steps.map((id) => weightSteps.find((one) => one.id === id)!.title.toLowerCase())
      return {
        state: stateOf(weights.arrays),
        spec: { ...spec, model: { id: spec.model.id, settings: { ...weights.settings } } },
        how: `weights rewritten: ${titles.join(', ')}`,
        largestDifference: differenceOf(network, weights),
      }
    },
    export: ({ key }) => exportedNetwork(subjects.require(key).network),
  }
}

const notATransformer = 'only a transformer’s weights can be rewritten'
const unavailable = (message: string): AppError => new AppError({ code: 'ACTION_UNAVAILABLE', message })

function refusalOf(step: WeightStep, network: Network): string | undefined {
  return network.model.id === 'transformer' ? step.refusal(weightsOf(network)) : notATransformer
}

function weightsOf({ settings, dims, arrays }: Network): TransformerWeights {
  return { settings: settings as never, dims, arrays } // the caller has seen that it is a transformer's
}

function stateOf(params: ArraysByName) {
  const rng = createRng(0).state()
  return { step: 0, params: { ...params }, buffers: {}, slots: {}, rng, cursor: { epoch: 0, offset: 0, orderRng: rng } }
}

/** Largest difference of log-probabilities on random tokens, in nats. */
function differenceOf(before: Network, { settings, dims, arrays }: TransformerWeights): number {
  const after = createNetwork(before.model, settings, dims, arrays)
  const length = Math.min(dims.n_ctx, comparedLength)
  const draws = createRng(0)
  const tokens = Int32Array.from({ length: comparedSequences * length }, () => draws.below(dims.d_vocab))
  const said = (network: Network): Tensor => tf.logSoftmax(network.run({ tokens, length }))
  try {
    return scoped(() => said(before).sub(said(after)).abs().max().dataSync()[0]!)
  } finally {
    after.dispose()
  }
}
