/** A two-layer network of our own making as the main process would answer, and the four states of the view. */
import type { Frame } from '@contract/frames'
import type { Provenance } from '@contract/interpret'
import type { PatchDirection, PatchedPairs, PatchPairs, PatchSite, PatchSweep, SiteKind } from '@contract/patching'
import type { ViewFixtures } from '../../workbench/view'

export const at = { runId: 'run-1', step: 400 } as const
export const layers = 2
export const heads = 4
const length = 3
const count = 6
export const clean = 6
export const corrupted = -4

const how: Provenance = {
  definition: 'Mean over pairs of the metric when the base run’s activation at one cell is replaced by the donor run’s.',
  source: 'arXiv:2202.05262 §2',
  spec: { metric: 'logit-difference', direction: 'denoise', ablation: 'patch', dataset: '6 pairs', pairSeed: 0, checkpoint: '9f1c62d07be4' },
  backend: 'wasm',
  elapsedMs: 12.4,
}
const frame = (axes: readonly string[], shape: readonly number[], value: (i: number) => number): Frame => ({
  axes,
  shape,
  data: Float64Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => value(i)),
})
const tokens = (axes: readonly string[], shape: readonly number[], values: readonly number[]): Frame => ({
  axes,
  shape,
  data: Int32Array.from(values),
})

const prompts = Array.from({ length: count }, (_, pair) => [pair, (3 * pair + 1) % 7, 7])
const partners = prompts.map(([a, b]) => [(a! + 2) % 7, b!, 7])
const sumOf = ([a, b]: readonly number[]): number => (a! + b!) % 7

export const pairs: PatchPairs = {
  count,
  clean: tokens(['pair', 'pos'], [count, length], prompts.flat()),
  corrupted: tokens(['pair', 'pos'], [count, length], partners.flat()),
  answerPos: tokens(['pair'], [count], prompts.map(() => 2)),
  answers: tokens(['pair', 'answer'], [count, 1], prompts.map(sumOf)),
  wrong: tokens(['pair', 'answer'], [count, 1], partners.map(sumOf)),
  ids: tokens(['token'], [8], [0, 1, 2, 3, 4, 5, 6, 7]),
  texts: ['0', '1', '2', '3', '4', '5', '6', '='],
  layers,
  heads,
  kinds: ['resid_pre', 'resid_mid', 'resid_post', 'attn_out', 'mlp_out', 'z', 'q', 'k', 'v', 'pattern'],
}

/** Share of the answer that a site carries: the first token until layer 1, the last from there on; heads 0.1 and 1.2. */
export function shareOf({ hook, head, pos }: PatchSite): number {
  const layer = Number(/blocks\.(\d+)/.exec(hook)?.[1])
  if (head !== undefined) return [0.05, 0.6, -0.1, 0.02, 0, 0.1, 0.3, 0.01][layer * heads + head]!
  return [1, 0, 0, 0.15, 0, 0.85][layer * length + (pos ?? 0)]!
}

const hookOf = (kind: SiteKind, layer: number): string =>
  `blocks.${layer}.${['z', 'q', 'k', 'v', 'pattern'].includes(kind) ? 'attn.' : ''}hook_${kind}`
const patchedMean = (share: number, direction: PatchDirection): number =>
  direction === 'denoise' ? corrupted + share * (clean - corrupted) : clean - share * (clean - corrupted)

interface SweepArgs {
  readonly kind: SiteKind
  readonly grid: 'layer-pos' | 'layer-head' | 'layer-head-pos'
  readonly direction: PatchDirection
}

/** The first `done` cells; all of them without. */
export function sweep({ kind, grid, direction }: SweepArgs, done?: number): PatchSweep {
  const sizes = { layer: layers, head: heads, pos: length }
  const axes = grid.split('-') as (keyof typeof sizes)[] // grids are named by their axes
  const shape = axes.map((axis) => sizes[axis])
  const total = shape.reduce((size, n) => size * n, 1)
  const value = (i: number, factor = 1): number => {
    const at = (axis: keyof typeof sizes): number | undefined => {
      const place = axes.indexOf(axis)
      const stride = shape.slice(place + 1).reduce((size, n) => size * n, 1)
      return place < 0 ? undefined : Math.floor(i / stride) % shape[place]!
    }
    const [head, pos] = [at('head'), at('pos')]
    const site = { ...(head !== undefined && { head }), ...(pos !== undefined && { pos }) }
    return patchedMean(factor * shareOf({ hook: hookOf(kind, at('layer')!), ...site }), direction)
  }
  const isWhole = done === undefined
  return {
    axes,
    values: frame(axes, shape, (i) => (isWhole || i < done ? value(i) : NaN)),
    done: done ?? total,
    total,
    clean,
    corrupted,
    estimate: {
      values: frame(axes, shape, (i) => value(i, 0.8 + 0.1 * Math.sin(i))),
      ...(isWhole && { agreement: { spearman: 1, topOverlap: 1, topCount: 4 } }),
      how: { ...how, definition: 'First-order estimate of activation patching.' },
    },
    how,
  }
}

export function patched({ sites, direction }: { readonly sites: readonly PatchSite[]; readonly direction: PatchDirection }): PatchedPairs {
  const share = sites.reduce((sum, site) => sum + shareOf(site), 0)
  const spread = (i: number): number => 0.2 * (i - (count - 1) / 2)
  const perPair = (mean: number): Frame => frame(['pair'], [count], (i) => mean + spread(i))
  return { clean: perPair(clean), corrupted: perPair(corrupted), patched: perPair(patchedMean(share, direction)), unchanged: [], how }
}

const failure = Object.assign(new Error('run run-1 has no checkpoint at step 400; nearest: 200'), { code: 'CHECKPOINT_NOT_FOUND' })

const states: ViewFixtures = {
  empty: { answers: {}, selection: {} },
  loading: { answers: {}, selection: at },
  error: { answers: { patching: { pairs: () => Promise.reject(failure) } }, selection: at },
  full: {
    answers: {
      patching: {
        pairs: () => pairs,
        sweep: async (args, { emit }) => {
          await emit(sweep(args, 3))
          await emit(sweep(args))
        },
        sites: (args) => patched(args),
        path: async ({ direction }, { emit }) => void (await emit(sweep({ kind: 'z', grid: 'layer-head', direction }))),
        pattern: () => ({
          pattern: frame(['query_pos', 'key_pos'], [length, length], (i) => {
            const [query, key] = [Math.floor(i / length), i % length]
            return key > query ? 0 : 1 / (query + 1)
          }),
          how,
        }),
      },
    },
    selection: { ...at, site: 'blocks.0.attn.hook_z[head=1]' },
  },
}

export default states
