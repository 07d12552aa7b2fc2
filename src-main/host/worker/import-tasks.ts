/**
 * What an imported network may have been trained on. A residue task is believed by its answers and not by its shape alone:
 * the network is asked some of all pairs, and each operation is told how many of its answers it gets.
 */
import { scoped, tf } from '../../engine/tf'
import { createRng } from '../../base/rng'
import { defaultsOf, type SettingValues } from '../../base/settings'
import type { ImportProposal } from '../../contract/imports'
import type { Dimensions } from '../../lab/models/model'
import type { Network } from '../../lab/models/network'
import { tasks } from '../../lab/tasks'
import type { Dataset } from '../../lab/tasks/task'

export type TaskCandidate = ImportProposal['tasks'][number]

/** Pairs asked before an operation is proposed. */
const askedPairs = 1024
/** Share of right answers from which on an operation is believed. */
const believed = 0.5

const unlabelledId = 'unlabelled-tokens'
const residuesId = 'modular-arithmetic'

/** The likeliest first. `network` is made only where there is something to ask it. */
export function taskCandidates(dims: Dimensions, network: () => Network | undefined): readonly TaskCandidate[] {
  const unlabelled: TaskCandidate = {
    id: unlabelledId,
    title: tasks.require(unlabelledId).title,
    settings: { ...dims },
    reason: `${dims.d_vocab} tokens, ${dims.n_ctx} positions and ${dims.d_vocab_out} classes, from the shapes`,
  }
  const residues = residueSettings(dims)
  const made = residues && network()
  if (!residues || !made) return [unlabelled]
  const scored = operations()
    .map((operation) => ({ operation, share: shareOf(made, { ...residues, operation }) }))
    .sort((x, y) => y.share - x.share)
  const candidates = scored.map(({ operation, share }) => ({
    id: residuesId,
    title: `${tasks.require(residuesId).title}, ${operation} mod ${residues['p']}`,
    settings: { ...residues, operation },
    reason: `${(100 * share).toFixed(1)} % of pairs that were tried are answered as ${operation}`,
  }))
  const likely = candidates.filter((_, i) => scored[i]!.share >= believed)
  return [...likely, unlabelled, ...candidates.filter((one) => !likely.includes(one))]
}

function operations(): readonly string[] {
  const field = tasks.require(residuesId).fields['operation']
  return field?.kind === 'choice' ? field.choices : []
}

/** Settings of residues that have these dimensions; undefined where none do. */
export function residueSettings({ n_ctx, d_vocab, d_vocab_out }: Dimensions): SettingValues | undefined {
  const equalsToken = n_ctx === 3
  const p = equalsToken ? d_vocab - 1 : d_vocab
  if ((n_ctx !== 2 && n_ctx !== 3) || p < 2 || p > 499) return undefined
  if (d_vocab_out !== p && d_vocab_out !== d_vocab) return undefined
  return { p, equalsToken, equalsClass: d_vocab_out > p }
}

function shareOf(network: Network, settings: SettingValues): number {
  const task = tasks.require(residuesId)
  const complete = { ...defaultsOf(task.fields), ...settings }
  if ((task.check?.(complete as never) ?? []).length > 0) return 0
  const dataset = task.create(complete as never, createRng(0)) // each setting is a field's or was derived from the shapes
  const stride = Math.max(1, Math.floor(dataset.exampleCount / askedPairs))
  const asked = Int32Array.from({ length: Math.floor(dataset.exampleCount / stride) }, (_, i) => i * stride)
  return correctCount(network, dataset, asked) / asked.length
}

/** Sequences in one pass: enough to be quick, few enough for any width. */
const batchTokens = 8192

/** How many of the examples' scored places get the rule's answer. */
export function correctCount(network: Network, dataset: Dataset, examples: Int32Array): number {
  const { n_ctx, tokens, trueLabels, scoredPositions } = dataset
  const perBatch = Math.max(1, Math.floor(batchTokens / n_ctx))
  const scored = { positions: Int32Array.from(scoredPositions), count: scoredPositions.length }
  let correct = 0
  for (let from = 0; from < examples.length; from += perBatch) {
    const some = examples.subarray(from, from + perBatch)
    const rows = new Int32Array(some.length * n_ctx)
    some.forEach((example, i) => rows.set(tokens.subarray(example * n_ctx, (example + 1) * n_ctx), i * n_ctx))
    const answers = scoped(() => tf.argMax(network.run({ tokens: rows, length: n_ctx, scored }), -1).dataSync())
    some.forEach((example, i) => {
      for (let k = 0; k < scored.count; k++) {
        if (answers[i * scored.count + k] === trueLabels[example * scored.count + k]) correct++
      }
    })
  }
  return correct
}
