/** Which tokenizer a run or a person means, as the compute process names it, and the files it may have to be sent. */
import { createHash } from 'node:crypto'
import { unwrap } from '../../base/result'
import type { TokenizerChoice } from '../../contract/prompts'
import type { WantedTokenizer } from '../compute/contract'
import { tokenizerFileNames, type TokenizerFileName } from '../../lab/tokenizers/file-names'
import type { Store } from '../store/store'
import { findRun } from './runs'

export interface ResolvedTokenizer {
  readonly wanted: WantedTokenizer
  readonly files: Record<string, Uint8Array<ArrayBuffer>>
}

/** A run's tokenizer: the files that came with it, or what its task calls its tokens. */
export function resolveTokenizer(choice: TokenizerChoice, project: Store): ResolvedTokenizer {
  if (choice.kind !== 'run') return { wanted: choice, files: {} }
  const { spec } = unwrap(findRun(project, choice.runId))
  const came = project.imports.files(choice.runId).filter(({ name }) => tokenizerFileNames.includes(name as TokenizerFileName))
  if (came.length === 0) return { wanted: { kind: 'task', spec }, files: {} }
  const hash = createHash('sha256')
  for (const { name, bytes } of came) hash.update(`${name} ${bytes.length} `).update(bytes)
  return {
    wanted: { kind: 'files', key: hash.digest('hex') },
    files: Object.fromEntries(came.map(({ name, bytes }) => [name, Uint8Array.from(bytes)])),
  }
}
