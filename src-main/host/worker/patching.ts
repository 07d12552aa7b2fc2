import { namedArray, type NamedArray } from '../../base/array'
import { AppError, unwrap } from '../../base/result'
import type { Provenance } from '../../contract/interpret'
import type { PatchEstimate, PatchPairs, PatchSite, PatchSweep } from '../../contract/patching'
import type { ServiceOf } from '../../contract/rpc'
import activationPatching, { sweepSteps, type Sweep, type SweepPlan } from '../../lab/interpret/activation-patching'
import attributionPatching, { withoutAttribution } from '../../lab/interpret/attribution-patching'
import { agreementOf } from '../../lab/interpret/components/agreement'
import { inSlices } from '../../lab/interpret/components/in-slices'
import { sequencesOf, type Pairs } from '../../lab/interpret/components/pairs'
import { metricDefinitions, type PatchMetric } from '../../lab/interpret/components/patch-metric'
import { baseSideOf, meanOf, type PatchDirection } from '../../lab/interpret/components/patch-recording'
import { blocksOf, hasHeads, hookOf, type PatchGrid, type SiteKind } from '../../lab/interpret/components/patch-sites'
import { patchSites } from '../../lab/interpret/components/patched-sites'
import pathPatching, { pathSteps, type Receiver } from '../../lab/interpret/path-patching'
import { scoped, tf } from '../../engine/tf'
import type { computeContract } from '../compute/contract'
import { suitableSubject, type Bench } from './bench'
import { invalid, resolvePairs } from './pairs'
import type { Subject } from './subjects'

export function createPatching({ subjects, provenance }: Bench): ServiceOf<typeof computeContract.patching> {
  const subjectFor = (key: string): Subject => suitableSubject(subjects, key, activationPatching)

  return {
    pairs: ({ key, source }) => {
      const subject = subjectFor(key)
      return describedPairs(subject, resolvePairs(subject, source).pairs)
    },
    async sweep({ key, source, answerSet, estimates, ...terms }, { emit, signal }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key)
      checkSweep(subject, terms)
      const { pairs, spec } = resolvePairs(subject, source, answerSet)
      const plan = { pairs, ...terms }
      const told = { ...spec, ...saidOf(terms), site: terms.kind, grid: terms.grid }
      const estimated = estimates ? estimateOf(plan) : {}
      const onProgress = (sweep: Sweep): void => {
        subjects.require(key) // what is worked on is not the first to be given up
        const how = provenance(activationPatching, subject, { sinceMs, spec: told })
        void emit({ ...sent(sweep), ...estimated, ...agreementWith(sweep, estimated.estimate, terms.direction), how })
      }
      unwrap(await inSlices(sweepSteps(subject.network, plan), { signal, onProgress }))

      function estimateOf(of: SweepPlan): Pick<PatchSweep, 'estimate' | 'noEstimate'> {
        const why = withoutAttribution(of.metric, of.direction)
        if (why) return { noEstimate: why }
        const { values } = sent(attributionPatching.measure(subject.network, of))
        const how = provenance(attributionPatching, subject, { sinceMs, spec: told })
        return { estimate: { values, how } }
      }
    },
    sites({ key, source, answerSet, sites, ...terms }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key)
      checkSites(subject, sites)
      const { pairs, spec } = resolvePairs(subject, source, answerSet)
      const { baselines, patched, unchanged } = patchSites(subject.network, { pairs, sites, ...terms })
      const ofPairs = (data: Float64Array): NamedArray => namedArray(['pair'], [pairs.count], data)
      const told = { ...spec, ...saidOf(terms), sites: sites.map(wordsOf).join('; ') || 'none' }
      return {
        clean: ofPairs(baselines.clean),
        corrupted: ofPairs(baselines.corrupted),
        patched: ofPairs(patched),
        unchanged: sites.flatMap((site, i) => (unchanged.includes(site) ? [i] : [])),
        how: provenance(activationPatching, subject, { sinceMs, spec: told }),
      }
    },
    async path({ key, source, answerSet, ...terms }, { emit, signal }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key)
      const { pairs, spec } = resolvePairs(subject, source, answerSet)
      checkPath(subject, terms, pairs)
      const { receivers, freezesMlps, senderPos } = terms
      const told = {
        ...spec,
        ...saidOf(terms),
        senders: senderPos === undefined ? 'every head, at every position' : `every head, at position ${senderPos}`,
        receivers: receivers === 'logits' ? receivers : receivers.map(receiverWords).join('; '),
        mlps: freezesMlps ? 'frozen at the base run' : 'computed anew',
      }
      const onProgress = (sweep: Sweep): void => {
        subjects.require(key)
        void emit({ ...sent(sweep), how: provenance(pathPatching, subject, { sinceMs, spec: told }) })
      }
      unwrap(await inSlices(pathSteps(subject.network, { pairs, ...terms }), { signal, onProgress }))
    },
    pattern({ key, source, layer, head, pair }) {
      const sinceMs = performance.now()
      const subject = subjectFor(key)
      const hook = hookOf('pattern', layer)
      checkSites(subject, [{ hook, head }])
      const { pairs, spec } = resolvePairs(subject, source)
      if (pair !== undefined && pair >= pairs.count) throw invalid(`no pair ${pair}; there are pairs 0 to ${pairs.count - 1}`)
      const slice = pair === undefined ? { first: 0, count: pairs.count } : { first: pair, count: 1 }
      const { logits, cache } = subject.network.record(sequencesOf(pairs, 'clean', slice), [hook])
      const kept = cache.get(hook)! // record fills every name it was given
      const data = scoped(() => Float32Array.from(kept.slice([0, head], [-1, 1]).mean(0).dataSync()))
      tf.dispose([logits, kept])
      const told = { ...spec, head: `${layer}.${head}`, pair: pair ?? 'mean over all', run: 'clean' }
      const how = provenance({ ...activationPatching, definition: patternDefinition }, subject, { sinceMs, spec: told })
      return { pattern: namedArray(['query_pos', 'key_pos'], [pairs.length, pairs.length], data), how }
    },
  }
}

/** The estimate with its agreement, once every cell is known. */
function agreementWith(
  { values, baselines, done, total }: Sweep,
  estimate: PatchEstimate | undefined,
  direction: PatchDirection,
): { estimate?: PatchEstimate } {
  if (!estimate || done < total) return {}
  const base = meanOf(baselines[baseSideOf(direction)])
  const effects = (of: ArrayLike<number>): Float64Array => Float64Array.from(of, (value) => value - base)
  const topCount = Math.max(1, Math.min(10, Math.floor(total / 2)))
  const { spearman, ...top } = agreementOf(effects(values), effects(estimate.values.data), topCount)
  return { estimate: { ...estimate, agreement: { ...top, ...(!Number.isNaN(spearman) && { spearman }) } } }
}

const patternDefinition =
  'Attention pattern of one head in the clean run: softmax over keys of q·k / scale, at each query position; of one pair, or the mean over pairs.'

function sent({ values, axes, shape, baselines, done, total }: Sweep): Omit<PatchSweep, 'how'> {
  const [clean, corrupted] = [meanOf(baselines.clean), meanOf(baselines.corrupted)]
  if (!Number.isFinite(clean + corrupted)) {
    const message = `the metric is ${clean} in the clean and ${corrupted} in the corrupted run; the weights may have diverged`
    throw new AppError({ code: 'MODEL_UNSUITABLE', message })
  }
  return { axes, values: namedArray(axes, shape, values.slice()), done, total, clean, corrupted }
}

const saidOf = ({ metric, direction }: { metric: PatchMetric; direction: PatchDirection }): Provenance['spec'] => ({
  metric: `${metric}: ${metricDefinitions[metric]}`,
  direction: direction === 'denoise' ? 'denoise: clean activations into the corrupted run' : 'noise: corrupted activations into the clean run',
  ablation: 'patch',
})

const wordsOf = ({ hook, head, pos }: PatchSite): string =>
  [hook, ...(head === undefined ? [] : [`head ${head}`]), ...(pos === undefined ? [] : [`position ${pos}`])].join(' ')

const receiverWords = ({ kind, layer, head }: Receiver): string =>
  kind === 'mlp' ? `input of MLP ${layer}` : `${kind} of ${head === undefined ? `every head of layer ${layer}` : `head ${layer}.${head}`}`

// What arguments are checked for, beyond their schema

function checkSweep({ network }: Subject, { kind, grid }: { kind: SiteKind; grid: PatchGrid }): void {
  const { kinds } = blocksOf(network)! // the subject is suitable
  if (!kinds.includes(kind)) throw invalid(`this network has no ${kind}; it has ${kinds.join(', ')}`)
  if (grid !== 'layer-pos' && !hasHeads(kind)) throw invalid(`${kind} has no heads; its grid is layer-pos`)
}

function checkSites({ network }: Subject, sites: readonly PatchSite[]): void {
  for (const { hook, head, pos } of sites) {
    const point = network.hookPoints.find(({ name }) => name === hook)
    if (!point) throw invalid(`model ${network.model.id} has no hook point '${hook}'`)
    const lengthOf = (axes: readonly string[]): number => point.shape[point.axes.findIndex((axis) => axes.includes(axis)) - 1] ?? 0
    if (head !== undefined && head >= lengthOf(['head'])) throw invalid(`'${hook}' has ${lengthOf(['head'])} heads; there is no head ${head}`)
    if (pos !== undefined && pos >= lengthOf(['pos', 'query_pos'])) throw invalid(`'${hook}' has no position ${pos}`)
  }
}

interface PathTerms {
  readonly receivers: 'logits' | readonly Receiver[]
  readonly senderPos?: number | undefined
}

function checkPath({ network }: Subject, { receivers, senderPos }: PathTerms, { length }: Pairs): void {
  if (senderPos !== undefined && senderPos >= length) throw invalid(`no position ${senderPos}; the prompts have ${length}`)
  const { layerCount, headCount, kinds } = blocksOf(network)! // the subject is suitable
  for (const { kind, layer, head } of receivers === 'logits' ? [] : receivers) {
    if (layer >= layerCount) throw invalid(`no layer ${layer}; the network has layers 0 to ${layerCount - 1}`)
    if (head !== undefined && head >= headCount) throw invalid(`no head ${layer}.${head}; a layer has ${headCount}`)
    if (kind === 'mlp' && !kinds.includes('mlp_out')) throw invalid('this network has no MLP to receive')
  }
}

function describedPairs({ network, setup }: Subject, pairs: Pairs): PatchPairs {
  const { layerCount, headCount, kinds } = blocksOf(network)! // the subject is suitable
  const { count, length, clean, corrupted, cleanMask, answerPos } = pairs
  const ofTokens = <Data extends Int32Array | Uint8Array>(data: Data) => namedArray(['pair', 'pos'], [count, length], data)
  const answers = padded(pairs.answers)
  const wrong = padded(pairs.wrong)
  const ids = [...new Set([...clean, ...corrupted, ...answers.data, ...wrong.data])].filter((id) => id !== -1).sort((x, y) => x - y)
  return {
    count,
    clean: ofTokens(clean),
    corrupted: ofTokens(corrupted),
    ...(cleanMask && { mask: ofTokens(cleanMask) }),
    answerPos: namedArray(['pair'], [count], answerPos),
    answers,
    wrong,
    ids: namedArray(['token'], [ids.length], Int32Array.from(ids)),
    texts: ids.map((id) => setup.tokenText(id)),
    layers: layerCount,
    heads: headCount,
    kinds: [...kinds],
  }
}

function padded(rows: Pairs['answers']): NamedArray<Int32Array> {
  const width = Math.max(...rows.map(({ length }) => length))
  const data = new Int32Array(rows.length * width).fill(-1)
  rows.forEach((row, i) => data.set(Array.from(row), i * width))
  return namedArray(['pair', 'answer'], [rows.length, width], data)
}
