/**
 * Opens what a person dropped: one file, a sharded checkpoint, or the files of a Hugging Face directory.
 *
 * 1. Every file that an importer recognizes by its bytes is read; tensors of several files are put together.
 *    Where the same weights lie there as safetensors and as a pickle, the safetensors are taken.
 * 2. `config.json`, or another file of that kind (`config_1.json`), joins the metadata under `config`. Other companions (tokenizer, index of shards) are left to others.
 * 3. Every layout weighs the evidence, and the proposals are ranked by it.
 */
import { err, ok, type Result } from '../../../base/result'
import { importers } from '../index'
import type { ByteSource, Importer, PlainValue, ReadCheckpoint } from '../importer'
import { layouts } from '../layouts'
import type { Answers, Evidence, Mapping } from '../layouts/layout'

/** A configuration is a page of text; what is longer is something else. */
const configBytesMax = 1 << 20

export interface LayoutMatch extends Evidence {
  readonly layoutId: string
  readonly title: string
}

export interface OpenedCheckpoint {
  readonly checkpoint: ReadCheckpoint
  /** Layouts that see themselves in it, best first; empty when none does. */
  readonly matches: readonly LayoutMatch[]
}

/** Reads tables of contents only; see importer.ts. */
export function openCheckpoint(files: readonly ByteSource[]): Result<OpenedCheckpoint, 'IMPORT_REFUSED'> {
  const read = readTogether(files)
  if (!read.ok) return read
  return ok({ checkpoint: read.value, matches: matchesOf(read.value) })
}

/** A layout's mapping for a checkpoint, with what a person answered so far. */
export function proposeMapping(
  checkpoint: ReadCheckpoint,
  layoutId: string,
  answers: Answers = {},
): Result<Mapping, 'IMPORT_REFUSED'> {
  const layout = layouts.find(layoutId)
  if (!layout) return err('IMPORT_REFUSED', `unknown layout '${layoutId}'; nearest: ${layouts.nearest(layoutId)}`)
  return layout.propose(checkpoint, answers)
}

export function matchesOf(checkpoint: ReadCheckpoint): readonly LayoutMatch[] {
  const weighed = [...layouts].map((layout) => ({
    layoutId: layout.id,
    title: layout.title,
    ...layout.recognize(checkpoint),
  }))
  return weighed.filter(({ score }) => score > 0).sort((x, y) => y.score - x.score)
}

interface Recognized {
  readonly source: ByteSource
  readonly importer: Importer
}

function readTogether(files: readonly ByteSource[]): Result<ReadCheckpoint, 'IMPORT_REFUSED'> {
  const recognized = files.flatMap((source): readonly Recognized[] => {
    const importer = [...importers].find((one) => one.recognize(source))
    return importer ? [{ source, importer }] : []
  })
  if (recognized.length === 0) {
    const names = files.map(({ name }) => `'${name}'`).join(', ') || 'no files'
    const known = [...importers].map(({ title }) => title).join(', ')
    return err('IMPORT_REFUSED', `none of ${names} begins like a file of tensors; known: ${known}`)
  }
  const safetensors = recognized.filter(({ importer }) => importer.id === 'safetensors')
  const chosen = safetensors.length > 0 ? safetensors : recognized
  const parts: ReadCheckpoint[] = []
  for (const { source, importer } of chosen) {
    const part = importer.read(source)
    if (!part.ok) return err('IMPORT_REFUSED', `${source.name}: ${part.error.message}`)
    parts.push(part.value)
  }
  const passedOver = recognized.filter((one) => !chosen.includes(one)).map(({ source }) => source.name)
  const notes = passedOver.length > 0 ? [`${passedOver.join(', ')} not read; the safetensors beside it hold the weights`] : []
  return joined(parts, configOf(files), notes)
}

function joined(
  parts: readonly ReadCheckpoint[],
  config: Readonly<Record<string, PlainValue>>,
  notes: readonly string[],
): Result<ReadCheckpoint, 'IMPORT_REFUSED'> {
  const tensors = parts.flatMap((part) => part.tensors)
  const names = new Set<string>()
  for (const { name } of tensors) {
    if (names.has(name)) return err('IMPORT_REFUSED', `two of the files hold a tensor '${name}'; open them one at a time`)
    names.add(name)
  }
  return ok({
    format: parts[0]!.format,
    tensors,
    metadata: Object.assign({}, ...parts.map(({ metadata }) => metadata), config),
    notes: [...parts.flatMap((part) => part.notes), ...notes],
  })
}

function configOf(files: readonly ByteSource[]): Readonly<Record<string, PlainValue>> {
  const file = files.find(({ name, sizeBytes }) => /^config.*\.json$/.test(name) && sizeBytes <= configBytesMax)
  if (!file) return {}
  try {
    return { config: JSON.parse(new TextDecoder().decode(file.read(0, file.sizeBytes))) as PlainValue }
  } catch (cause) {
    // The weights may be whole all the same; what the configuration would have told is asked for instead.
    return { configUnreadable: cause instanceof Error ? cause.message : String(cause) }
  }
}
