/**
 * Imports in a compute process. Nothing is kept between calls: each opens the files anew and reads their tables of contents,
 * so that a process that a file has killed is replaced without anybody noticing.
 */
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { createRng } from '../../base/rng'
import { AppError, unwrap } from '../../base/result'
import { checkSettings } from '../../base/settings'
import type { ImportCard, ImportDraft, ImportProposal, ImportRow } from '../../contract/imports'
import type { ServiceOf } from '../../contract/rpc'
import { proposeMapping, openCheckpoint, type LayoutMatch } from '../../lab/importers/opening/open-checkpoint'
import { applyMapping } from '../../lab/importers/opening/apply-mapping'
import type { ReadCheckpoint } from '../../lab/importers/importer'
import type { Mapping } from '../../lab/importers/layouts/layout'
import { models } from '../../lab/models'
import { createNetwork, type Network } from '../../lab/models/network'
import type { RunSpec } from '../../lab/train/run-spec'
import type { computeContract, ImportFile } from '../compute/contract'
import { cardOf } from './import-card'
import { refused, withDropped, type Dropped, type DroppedCheckpoint } from './import-files'
import { bufferNames, editedMapping, parameterCount, rowsOf, settingsOf, unusedOf } from './import-mapping'
import { datasetOf, specFor, taskComplaint } from './import-spec'
import { taskCandidates, type TaskCandidate } from './import-tasks'
import { isTokenizerFile, tokenizerOf } from './import-tokenizer'

type Service = ServiceOf<typeof computeContract.imports>

/** Larger networks are not asked what they do before somebody has looked at the mapping. */
const askedParametersMax = 20_000_000
const hashPieceBytes = 1 << 20

export function createImports(): Service {
  return {
    hash: ({ files }) => withDropped(files, (dropped) => ({ hash: hashOf(dropped) })),
    propose: ({ files, draft }) => withDropped(files, (dropped) => proposalOf(examined(dropped, draft), draft)),
    card: ({ files, draft }) => withDropped(files, (dropped) => cardFor(ready(dropped, draft), draft)),
    async read({ files, draft }, { emit }) {
      await readAll(files, draft, emit)
    },
  }
}

function hashOf({ checkpoints }: Dropped): string {
  const hash = createHash('sha256')
  const contents = checkpoints.flatMap(({ files }) => files.filter(({ name }) => !isTokenizerFile(name)))
  for (const { name, sizeBytes, read } of contents) {
    hash.update(`${Buffer.byteLength(name)}:${name}:${sizeBytes}:`)
    for (let at = 0; at < sizeBytes; at += hashPieceBytes) hash.update(read(at, Math.min(hashPieceBytes, sizeBytes - at)))
  }
  return hash.digest('hex')
}

interface Examined {
  readonly dropped: Dropped
  readonly checkpoint: ReadCheckpoint
  readonly matches: readonly LayoutMatch[]
  readonly layoutId: string | undefined
  /** Undefined where no layout knows the tensors, or its proposal failed for the reason beside it. */
  readonly mapping: Mapping | undefined
  readonly failure: string | undefined
}

/** The newest checkpoint and its mapping, which holds for all. */
function examined(dropped: Dropped, draft: ImportDraft): Examined {
  const { checkpoint, matches } = unwrap(openCheckpoint(dropped.checkpoints.at(-1)!.files))
  const layoutId = draft.layoutId ?? matches[0]?.layoutId
  const base = { dropped, checkpoint, matches, layoutId }
  if (layoutId === undefined) return { ...base, mapping: undefined, failure: 'no known layout names or shapes its tensors like this' }
  const proposed = proposeMapping(checkpoint, layoutId, { ...draft.settings, ...draft.answers })
  if (!proposed.ok) return { ...base, mapping: undefined, failure: proposed.error.message }
  return { ...base, mapping: editedMapping(proposed.value, draft), failure: undefined }
}

function proposalOf(one: Examined, draft: ImportDraft): ImportProposal {
  const { dropped, checkpoint, matches, layoutId, mapping, failure } = one
  const rows = mapping ? rowsOf(mapping, checkpoint, draft) : []
  const candidates = mapping ? candidatesFor(mapping, checkpoint) : []
  const task = draft.task ?? candidates[0]
  const tokenizer = tokenizerOf(dropped.checkpoints.at(-1)!)
  return {
    name: nameOf(dropped),
    format: checkpoint.format,
    checkpoints: withSteps(dropped, draft).map(({ step, files }) => ({
      step,
      files: files.map(({ path }) => path),
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })),
    tensors: checkpoint.tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    layouts: matches.map((match) => ({ ...match, reasons: [...match.reasons] })),
    ...(layoutId !== undefined && { layoutId }),
    ...(mapping && { modelId: mapping.modelId, dims: mapping.dims }),
    settings: mapping ? settingsOf(mapping, draft) : [],
    questions: (mapping?.questions ?? []).map((question) => ({ ...question, candidates: [...question.candidates] })),
    rows: [...rows],
    unused: mapping ? unusedOf(mapping, checkpoint) : [],
    warnings: [...(mapping?.warnings ?? [])],
    notes: [...dropped.notes, ...checkpoint.notes, ...(tokenizer.note === undefined ? [] : [tokenizer.note])],
    tasks: [...candidates],
    ...(task && { task: { id: task.id, settings: task.settings } }),
    ...(tokenizer.found && { tokenizer: tokenizer.found }),
    ...(dropped.reference && { reference: dropped.reference.path }),
    problems: [...(failure === undefined ? problemsOf(mapping!, rows, { draft, task }) : [failure]), ...stepProblems(dropped, draft)],
  }
}

/** Why it cannot be finished, the first of each kind. */
function problemsOf(
  mapping: Mapping,
  rows: readonly ImportRow[],
  { draft, task }: { readonly draft: ImportDraft; readonly task: RunSpec['task'] | undefined },
): string[] {
  const model = models.find(mapping.modelId)
  if (!model) return [`unknown model '${mapping.modelId}'; nearest: ${models.nearest(mapping.modelId)}`]
  const open = mapping.questions.filter(({ isAnswered }) => !isAnswered).map(({ title }) => title.toLowerCase())
  const settings = checkSettings(model.fields, mapping.settings)
  const wrong = rows.find(({ state }) => state === 'wrong')
  const foreign = Object.keys(draft.parameters).find((name) => !rows.some((row) => row.name === name))
  const found = [
    open.length > 0 ? `${open.length === 1 ? 'a question is' : `${open.length} questions are`} not answered: ${open.join(', ')}` : '',
    settings.ok ? '' : settings.error.message,
    wrong ? `${wrong.name}: ${wrong.reason}` : '',
    foreign === undefined ? '' : `the model has no parameter '${foreign}'`,
    settings.ok && task ? taskComplaint(mapping, task) : '',
  ]
  return found.filter((text) => text !== '')
}

function candidatesFor(mapping: Mapping, checkpoint: ReadCheckpoint): readonly TaskCandidate[] {
  let made: Network | undefined
  const make = (): Network | undefined => {
    if (parameterCount(mapping) > askedParametersMax) return undefined
    const applied = applyMapping(checkpoint, mapping)
    if (applied.ok) made = networkOf(mapping, applied.value.arrays)
    return made
  }
  try {
    return taskCandidates(mapping.dims, make)
  } finally {
    made?.dispose()
  }
}

function networkOf({ modelId, settings, dims }: Mapping, arrays: Network['arrays']): Network {
  const model = models.require(modelId)
  return createNetwork(model, unwrap(checkSettings(model.fields, settings)), dims, arrays)
}

function withSteps({ checkpoints }: Dropped, { steps }: ImportDraft): readonly DroppedCheckpoint[] {
  if (steps?.length !== checkpoints.length) return checkpoints
  return checkpoints.map((checkpoint, i) => ({ ...checkpoint, step: steps[i]! }))
}

function stepProblems(dropped: Dropped, draft: ImportDraft): readonly string[] {
  const steps = withSteps(dropped, draft).map(({ step }) => step)
  const twice = steps.find((step, i) => steps.indexOf(step) !== i)
  return twice === undefined ? [] : [`two checkpoints stand at step ${twice}; give each its own`]
}

function nameOf({ checkpoints }: Dropped): string {
  const { path, name } = checkpoints.at(-1)!.weights[0]!
  const isGeneric = /^(model|pytorch_model|weights|checkpoint)[-.]/i.test(name)
  const folder = path.split('/').at(-2)
  return (isGeneric && folder ? folder : name.replace(/\.[^.]+$/, '')).slice(0, 120)
}

// The whole of it

interface Ready extends Examined {
  readonly mapping: Mapping
  readonly layoutId: string
  readonly task: RunSpec['task']
}

/** An import that nothing speaks against; anything else is refused with the first problem. */
function ready(dropped: Dropped, draft: ImportDraft): Ready {
  const one = examined(dropped, draft)
  const { problems, task } = proposalOf(one, draft)
  if (problems[0] !== undefined) throw refused(problems[0])
  return { ...one, mapping: one.mapping!, layoutId: one.layoutId!, task: task! } // without problems there are all three
}

function cardFor({ mapping, checkpoint, task, dropped }: Ready, draft: ImportDraft): ImportCard {
  const network = networkOf(mapping, unwrap(applyMapping(checkpoint, mapping)).arrays)
  try {
    const rows = rowsOf(mapping, checkpoint, draft)
    return cardOf({ rows, unused: unusedOf(mapping, checkpoint), network, dataset: datasetOf(task), task, reference: dropped.reference })
  } finally {
    network.dispose()
  }
}

type Emit = Parameters<Service['read']>[1]['emit']

async function readAll(files: readonly ImportFile[], draft: ImportDraft, emit: Emit): Promise<void> {
  const begun = withDropped(files, (dropped) => {
    const all = ready(dropped, draft)
    const checkpoints = withSteps(dropped, draft)
    const steps = checkpoints.map(({ step }) => step)
    const ended = { card: cardFor(all, draft), proposal: proposalOf(all, draft), inferred: [...all.mapping.inferred] }
    return { ...ended, layoutId: all.layoutId, mapping: all.mapping, spec: specFor(all.mapping, all.task, Math.max(...steps)), steps }
  })
  const { proposal, spec, steps, layoutId, mapping } = begun
  const title = `others; imported from a ${proposal.format} file, layout ${layoutId}`
  await emit({ kind: 'spec', spec: mutable(spec), title, lastStep: Math.max(...steps) })
  const rng = createRng(0).state()
  const buffers = bufferNames(mapping)
  for (const [i, step] of steps.entries()) {
    const arrays = withDropped(files, (dropped) => arraysOf(dropped.checkpoints[i]!, mapping))
    for (const [name, array] of Object.entries(arrays)) await emit({ kind: 'array', name, isBuffer: buffers.has(name), array })
    await emit({ kind: 'checkpoint', step, rng })
  }
  const used = new Set(proposal.checkpoints.flatMap((checkpoint) => checkpoint.files))
  const lastFiles = proposal.checkpoints.at(-1)!.files
  await emit({
    kind: 'ended',
    kept: proposal.tokenizer ? lastFiles.filter((name) => isTokenizerFile(posix.basename(name))) : [],
    record: {
      files: files.filter(({ name }) => used.has(name)).map(({ name, sizeBytes }) => ({ name, sizeBytes })),
      format: proposal.format,
      layout: layoutId,
      inferred: begun.inferred,
      ...(proposal.tokenizer && { tokenizer: { kind: proposal.tokenizer.kind, size: proposal.tokenizer.size } }),
      warnings: proposal.warnings,
      notes: proposal.notes,
      card: begun.card,
    },
  })
}

/** Every checkpoint of a series has to fit the mapping of the last. */
function arraysOf({ files, weights }: DroppedCheckpoint, mapping: Mapping): Network['arrays'] {
  const { checkpoint } = unwrap(openCheckpoint(files))
  const applied = applyMapping(checkpoint, mapping)
  if (applied.ok) return applied.value.arrays
  throw new AppError({ ...applied.error, message: `${weights[0]!.path}: ${applied.error.message}` })
}

type SpecOnWire = Extract<Parameters<Emit>[0], { kind: 'spec' }>['spec']
/** The contract's records are mutable by type. */
const mutable = (spec: RunSpec): SpecOnWire => structuredClone(spec) as SpecOnWire
