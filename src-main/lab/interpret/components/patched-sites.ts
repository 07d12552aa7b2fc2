/**
 * Several sites patched at once, and what that does to every pair: the metric of the clean, the corrupted and the patched
 * run, pair by pair. One whole pass of the network with interventions; a sweep's cells agree with it.
 */
import { scoped, tf } from '../../../engine/tf'
import { patch, runWith, type Site } from '../../models/intervention'
import type { Network } from '../../models/network'
import { sequencesOf, type Pairs } from './pairs'
import type { PatchMetric } from './patch-metric'
import { recordPairs, rowsPerRun, slicesOf, type Baselines, type PatchDirection } from './patch-recording'

export interface PatchedSites {
  readonly baselines: Baselines
  /** Metric of each pair's patched run. */
  readonly patched: Float64Array
  /** Sites at which the donor's activations were the base run's own, in every pair. */
  readonly unchanged: readonly Site[]
}

export interface SitesPlan {
  readonly pairs: Pairs
  readonly sites: readonly Site[]
  readonly direction: PatchDirection
  readonly metric: PatchMetric
}

export function patchSites(network: Network, { pairs, sites, direction, metric }: SitesPlan): PatchedSites {
  const hooks = [...new Set(sites.map(({ hook }) => hook))]
  const recording = recordPairs(network, pairs, { direction, metric, baseHooks: [], donorHooks: hooks })
  try {
    const patched = new Float64Array(pairs.count)
    const changed = new Set<Site>()
    for (const slice of slicesOf(pairs, rowsPerRun(network, pairs.length))) {
      scoped(() => {
        const donorOf = (hook: string) => recording.donor(hook).slice([slice.first], [slice.count])
        const patches = sites.map((site) => patch(site, donorOf(site.hook)))
        const { logits, unchanged } = runWith(network, sequencesOf(pairs, recording.baseSide, slice), patches)
        patches.filter((one) => !unchanged.includes(one)).forEach(({ site }) => changed.add(site))
        patched.set(recording.reader.read(logits, slice).dataSync(), slice.first)
        tf.dispose(logits)
      })
    }
    return { baselines: recording.baselines, patched, unchanged: sites.filter((site) => !changed.has(site)) }
  } finally {
    recording.dispose()
  }
}
