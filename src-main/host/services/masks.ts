/** Masks of the open project: kept by the store, laid over checkpoints by the analyst. */
import { namedArray, type FloatArray } from '../../base/array'
import { AppError, unwrap } from '../../base/result'
import type { MaskCard, MaskChange, MaskPicture, masks as namespace } from '../../contract/masks'
import type { ServiceOf } from '../../contract/rpc'
import { maskFile, packedMaskFile } from '../../lab/exporters/mask-file'
import { readMask } from '../../lab/importers/components/mask-file'
import { keptByBoth, maskComplaint, sparsityOf } from '../../lab/interpret/components/weight-mask'
import type { ArraysByName } from '../../lab/models/model'
import type { Mask, NewMask, Store } from '../store/store'
import type { Ask } from './asking'
import type { RunChanges } from './changes'
import { createPieces } from './pieces'
import { findRun } from './runs'

export interface MasksOptions {
  readonly store: () => Store
  readonly ask: Ask
  readonly changes: RunChanges
}

export function createMasksService({ store, ask, changes }: MasksOptions): ServiceOf<typeof namespace> {
  const pieces = createPieces()

  function load(maskId: string): Mask {
    const mask = store().masks.load(maskId)
    if (mask) return mask
    const names = store().masks.list().map(({ id, name }) => `${id} (${name})`).slice(0, 8).join(', ')
    throw new AppError({ code: 'MASK_NOT_FOUND', message: `no mask '${maskId}' in this project; it has ${names || 'none'}` })
  }

  function write(mask: Omit<NewMask, 'sparsity'>): MaskCard {
    const { arrays: _arrays, ...card } = load(store().masks.write({ ...mask, sparsity: sparsityOf(mask.arrays) }))
    return card
  }

  /** Arrays that came from outside, over parameters that the checkpoint has. */
  function fitted(at: { runId: string; step: number }, arrays: ArraysByName): ArraysByName {
    const { params } = unwrap(store().checkpoints.load(at.runId, at.step))
    const complaint = maskComplaint(arrays, params)
    if (complaint !== undefined) throw unfit(complaint)
    return Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, { ...params[name]!, data }]))
  }

  return {
    list: ({ runId }) => [...store().masks.list(runId)],
    show({ maskId }) {
      const { arrays, ...card } = load(maskId)
      const frames = Object.entries(arrays).map(([name, { axes, shape, data }]) =>
        [name, namedArray(axes, shape, Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)))] as const)
      return { card, arrays: Object.fromEntries(frames) }
    },
    rename: ({ maskId, name }) => unwrap(store().masks.rename(maskId, name)),
    remove({ maskId }) {
      unwrap(store().masks.setHidden(maskId, true))
      return {}
    },
    restore: ({ maskId }) => unwrap(store().masks.setHidden(maskId, false)),
    create: ({ runId, step, arrays, ...words }) =>
      write({ runId, step, ...words, arrays: fitted({ runId, step }, zerosAndOnes(arrays)) }),
    async pick({ runId, step, removed, name, how, madeFrom }, { signal }) {
      const picked = await ask({ runId, step }, (client, key) => client.masks.ofNeurons({ key, removed }, { signal }))
      const arrays = madeFrom === undefined ? picked : keptByBoth(fitted({ runId, step }, load(madeFrom).arrays), picked)
      return write({ runId, step, name, how, arrays, ...(madeFrom !== undefined && { madeFrom }) })
    },
    derive({ maskId, name, how, changes }) {
      const { arrays, runId, step, name: before } = load(maskId)
      return write({ runId, step, name: name ?? before, how, madeFrom: maskId, arrays: changed(arrays, changes) })
    },
    effect: ({ maskId, ...at }, { signal }) => {
      const { arrays } = load(maskId)
      return ask(at, (client, key) => client.masks.effect({ key, mask: { ...arrays } }, { signal }))
    },
    async apply({ maskId, runId, step, name }) {
      const project = store()
      const mask = load(maskId)
      const { spec, tags, madeWith } = unwrap(findRun(project, runId))
      const made = await ask({ runId, step }, (client, key) => client.masks.apply({ key, mask: { ...mask.arrays } }))
      const parent = { runId, step, how: `under mask ${mask.name}, version ${mask.version}` }
      const child = project.runs.create({ name, spec, tags, madeWith, parent, lastStep: 0 })
      const values = Object.entries(made.accuracies).map(([part, value]) => [`accuracy.${part}`, value] as const)
      project.measurements.append(child.id, [{ step: 0, values: Object.fromEntries(values) }])
      unwrap(project.checkpoints.write(child.id, made.state))
      project.runs.change(child.id, { state: 'finished' })
      changes.changed(child.id)
      return { runId: child.id }
    },
    picture({ maskId, array, ...at }) {
      const mask = maskId === undefined ? {} : load(maskId).arrays
      const { params } = unwrap(store().checkpoints.load(at.runId, at.step))
      const complaint = maskComplaint(mask, params)
      if (complaint !== undefined) throw unfit(complaint)
      return pictureOf(params, mask, array)
    },
    overlap: ({ maskIds, ...at }, { signal }) => {
      const masks = maskIds.map((maskId) => ({ ...load(maskId).arrays }))
      return ask(at, (client, key) => client.masks.overlap({ key, masks }, { signal }))
    },
    spectrum: ({ maskId, ...at }, { signal }) => {
      const { arrays } = load(maskId)
      return ask(at, (client, key) => client.masks.spectrum({ key, mask: { ...arrays } }, { signal }))
    },
    export({ maskId, format }) {
      const mask = load(maskId)
      const { name, version, runId, step, score, sparsity, arrays } = mask
      const facts = { name, version: `${version}`, run: runId, step: `${step}`, sparsity: `${sparsity}`, ...(score && { score }) }
      const stem = `${name.replaceAll(/[^\w .-]/g, '-').slice(0, 80)} v${version}`
      const bytes = format === 'packed' ? packedMaskFile(arrays, facts) : maskFile(arrays, facts)
      return { fileName: `${stem}${format === 'packed' ? '.packed' : ''}.safetensors`, mime: 'application/octet-stream', bytes }
    },
    adopt({ runId, step, name, ...piece }) {
      const bytes = pieces.put(name, piece)
      if (!bytes) return {}
      const read = unwrap(readMask(name, bytes))
      return { mask: write({ runId, step, name, how: 'read from a file', arrays: fitted({ runId, step }, read) }) }
    },
  }
}

/** More are not told apart on any screen. */
const mostCells = 2 ** 22

function pictureOf(params: ArraysByName, mask: ArraysByName, wanted: string | undefined): MaskPicture {
  const arrays = Object.keys(params).filter((name) => params[name]!.data.length <= mostCells)
  const array = wanted ?? arrays.find((name) => Object.hasOwn(mask, name)) ?? arrays[0]
  if (array === undefined || !arrays.includes(array)) {
    const message = `no array '${array ?? ''}' of at most ${mostCells} weights in this checkpoint; it has ${arrays.join(', ') || 'none'}`
    throw new AppError({ code: 'ARGUMENTS_INVALID', message })
  }
  const { axes, shape, data } = params[array]!
  const columns = shape.at(-1) ?? 1
  const form = [[axes.slice(0, -1).join('·') || 'row', axes.at(-1) ?? 'column'], [data.length / (columns || 1), columns]] as const
  const kept = Object.hasOwn(mask, array) ? Uint8Array.from(mask[array]!.data, (value) => (value === 0 ? 0 : 1)) : new Uint8Array(data.length).fill(1)
  return { arrays, array, weights: namedArray(...form, data), kept: namedArray(...form, kept) }
}

const unfit = (message: string): AppError => new AppError({ code: 'MASK_UNFIT', message })

type Frames = Readonly<Record<string, MaskChange['cells']>>

function zerosAndOnes(arrays: Frames): Record<string, FloatArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { axes, shape, data }]) => {
      const strange = data.find((value) => value !== 0 && value !== 1)
      if (strange !== undefined) throw unfit(`${name} holds ${strange}; a mask holds 0 and 1`)
      return [name, namedArray(axes, shape, Float32Array.from(data))]
    }),
  )
}

/** Copies of the arrays that change. */
function changed(arrays: ArraysByName, changes: readonly MaskChange[]): ArraysByName {
  const result: Record<string, FloatArray> = { ...arrays }
  const copied = new Set<string>()
  for (const { array: name, cells, isKept } of changes) {
    const before = Object.hasOwn(result, name) ? result[name] : undefined
    if (!before) throw unfit(`the mask is not over '${name}'; it is over ${Object.keys(arrays).join(', ')}`)
    const after = copied.has(name) ? before : { ...before, data: before.data.slice() }
    for (const cell of cells.data) {
      const isEntry = Number.isInteger(cell) && cell >= 0 && cell < after.data.length
      if (!isEntry) throw unfit(`${name} has no entry ${cell}; it has ${after.data.length}`)
      after.data[cell] = isKept ? 1 : 0
    }
    copied.add(name)
    result[name] = after
  }
  return result
}
