/**
 * The tokenizers a compute process holds. One is named by the host: by the task a network was trained on, by a vocabulary,
 * or by the key of files it has sent. Files that are not there are asked for by TOKENIZER_NOT_FOUND.
 */
import { AppError, ok, unwrap, type Result } from '../../base/result'
import { resolveSetup } from '../../lab/recipes/resolve-setup'
import { createIntegerTokenizer } from '../../lab/tokenizers/integers'
import { readTokenizer, type TokenizerFiles } from '../../lab/tokenizers/tokenizer-files'
import type { Tokenizer } from '../../lab/tokenizers/tokenizer'
import { createWordListTokenizer } from '../../lab/tokenizers/word-list'
import type { WantedTokenizer } from '../compute/contract'

/** GPT-2's takes 45 MB. */
const keptTokenizers = 3
/** What a person reads where a task names a token that starts a sequence. */
const startWord = 'start'

export interface Tokenizers {
  attach(key: string, files: TokenizerFiles): Result<void, 'FILE_MALFORMED'>
  /** Throws TOKENIZER_NOT_FOUND for files that are not there. */
  require(wanted: WantedTokenizer): Tokenizer
}

export function createTokenizers(): Tokenizers {
  const held = new Map<string, Tokenizer>()
  return {
    attach(key, files) {
      if (held.has(key)) return ok(undefined)
      const read = readTokenizer(files)
      if (!read.ok) return read
      held.set(key, read.value)
      for (const oldest of [...held.keys()].slice(0, Math.max(0, held.size - keptTokenizers))) held.delete(oldest)
      return ok(undefined)
    },
    require(wanted) {
      if (wanted.kind === 'integers') return createIntegerTokenizer(wanted.size)
      if (wanted.kind === 'words') return unwrap(createWordListTokenizer(wanted.words, { startWord: wanted.startWord }))
      if (wanted.kind === 'task') return unwrap(taskTokenizer(wanted.spec))
      const tokenizer = held.get(wanted.key)
      if (tokenizer) return tokenizer
      throw new AppError({ code: 'TOKENIZER_NOT_FOUND', message: `no tokenizer has been given as '${wanted.key}'` })
    },
  }
}

/** The tokens of a network trained here, called what its task calls them. */
function taskTokenizer(spec: Extract<WantedTokenizer, { kind: 'task' }>['spec']): Result<Tokenizer, 'SETTING_INVALID'> {
  const setup = resolveSetup(spec)
  if (!setup.ok) return setup
  const { dataset, tokenText } = setup.value
  const words = Array.from({ length: dataset.d_vocab }, (_, token) => tokenText(token))
  return createWordListTokenizer(words, words.includes(startWord) ? { startWord } : {})
}
