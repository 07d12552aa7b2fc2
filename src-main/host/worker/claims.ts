import { unwrap } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import { judge, statedRange, type ArmEvidence, type Claim, type Evidence } from '../../lab/recipes/claim'
import { createNetwork } from '../../lab/models/network'
import { resolveSetup } from '../../lab/recipes/resolve-setup'
import type { computeContract } from '../compute/contract'
import { requireRecipe } from './catalog'

type Service = ServiceOf<typeof computeContract.claims>
type Sent = Parameters<Service['measure']>[0]['evidence'][number]

export function createClaims(): Service {
  return {
    async measure({ recipeId, evidence }) {
      const { claims } = requireRecipe(recipeId)
      const seeds = evidence.map(bind)
      try {
        const verdicts = []
        for (const claim of claims) {
          verdicts.push(verdictOn(claim, seeds))
          // The heartbeat gets its turn.
          await new Promise((resolve) => setImmediate(resolve))
        }
        return verdicts
      } finally {
        for (const { arms } of seeds) for (const arm of Object.values(arms)) arm.final.dispose()
      }
    },
  }
}

type MeasuredVerdict = Awaited<ReturnType<Service['measure']>>[number]

function verdictOn(claim: Claim, seeds: readonly Evidence[]): MeasuredVerdict {
  const complete = seeds.filter(({ arms }) => claim.needs.every((arm) => Object.hasOwn(arms, arm)))
  const values = complete.map((evidence) => ({ seed: evidence.seed, value: claim.measure(evidence) }))
  return {
    claimId: claim.id,
    verdict: judge(claim, values.map(({ value }) => value)),
    // A value that is no number counts against the claim and cannot be shown.
    values: values.filter(({ value }) => Number.isFinite(value)),
    expect: statedRange(claim),
  }
}

function bind({ seed, arms }: Sent): Evidence {
  const bound = Object.entries(arms).map(([id, { spec, arrays, series }]): [string, ArmEvidence] => {
    const { model, modelSettings, dataset } = unwrap(resolveSetup(spec))
    const plain = Object.entries(series).map(([name, { steps, values }]) => [name, { steps: steps.data, values: values.data }])
    return [id, {
      spec,
      dataset,
      final: createNetwork(model, modelSettings, dataset, arrays),
      series: Object.fromEntries(plain) as ArmEvidence['series'],
    }]
  })
  return { seed, arms: Object.fromEntries(bound) }
}
