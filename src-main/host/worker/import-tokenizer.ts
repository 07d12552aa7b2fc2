/** The tokenizer that lies beside a checkpoint. */
import type { ImportProposal } from '../../contract/imports'
import { tokenizerFileNames } from '../../lab/tokenizers/file-names'
import { readTokenizer, type TokenizerFiles } from '../../lab/tokenizers/tokenizer-files'
import type { DroppedCheckpoint } from './import-files'

/** By its name without folders. */
export const isTokenizerFile = (name: string): boolean => (tokenizerFileNames as readonly string[]).includes(name)

export interface FoundTokenizer {
  readonly found?: NonNullable<ImportProposal['tokenizer']>
  /** Why files that are there were not understood. */
  readonly note?: string
}

export function tokenizerOf({ files }: DroppedCheckpoint): FoundTokenizer {
  const own = files.filter(({ name }) => isTokenizerFile(name))
  if (own.length === 0) return {}
  const bytes = Object.fromEntries(own.map((file) => [file.name, file.read(0, file.sizeBytes)]))
  const read = readTokenizer(bytes as TokenizerFiles) // names were checked above
  if (!read.ok) return { note: `the tokenizer is not read: ${read.error.message}` }
  const { kind, size } = read.value
  return { found: { kind, size, reason: own.map(({ name }) => name).join(' and ') } }
}
