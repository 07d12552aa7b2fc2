import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { unwrap } from '@main/base/result'
import { readTokenizer, type TokenizerFiles } from '@main/lab/tokenizers/tokenizer-files'
import type { Tokenizer } from '@main/lab/tokenizers/tokenizer'
import { root } from '../../../fixtures/host'
import { endOfText, merges, released, renamed, vocabulary, whole } from '../../../fixtures/tokenizers/tiny'

const tiny = unwrap(readTokenizer(released))
const idsOf = (text: string, tokenizer: Tokenizer = tiny): number[] => [...unwrap(tokenizer.encode(text))]
const contents = (text: string): string[] => {
  const names = Object.keys(vocabulary)
  return idsOf(text).map((id) => names[id]!)
}

describe('a small vocabulary', () => {
  test.each([
    ['hello world', ['hello', 'Ġworld']],
    ['hell', ['hell']],
    ['held', ['he', 'ld']],
    ['world', ['w', 'or', 'ld']],
    ['hello  world', ['hello', 'Ġ', 'Ġworld']],
    ['lld', ['ll', 'd']],
    ['', []],
    ['é\n', ['Ã', '©', 'Ċ']],
  ])('%j is cut by the merges in their order', (text, expected) => {
    expect(contents(text)).toEqual(expected)
  })

  test.each(['hello world', '  hello , held .', 'é世🇫🇷\u0000\t\r\n', '\uFEFFhello', `a${endOfText}b`, "don't n't 's"])(
    '%j comes back byte for byte',
    (text) => {
      expect(tiny.decode(idsOf(text))).toBe(text)
    },
  )

  test('an added token is one token, and starts a text', () => {
    expect(idsOf(`hello${endOfText}`)).toEqual([vocabulary['hello'], vocabulary[endOfText]])
    expect(tiny.startToken).toBe(vocabulary[endOfText])
    expect(tiny.tokenText(vocabulary[endOfText]!)).toBe(endOfText)
  })

  test('a word is single with the space that stands before it', () => {
    expect([' world', 'world', 'hello', ' hello', ''].map(tiny.isSingleToken)).toEqual([true, false, true, false, false])
  })

  test('a token that is part of a character shows its bytes, an unknown id itself', () => {
    expect([...idsOf('é'), 9999, vocabulary['Ġworld']!].map(tiny.tokenText)).toEqual(['⟨c3⟩', '⟨a9⟩', '[9999]', ' world'])
  })

  test('its size is one more than the largest id', () => {
    expect(tiny.size).toBe(256 + merges.length + 1)
  })
})

describe('the three layouts of files', () => {
  const modern = whole({ model: { type: 'BPE', vocab: vocabulary, merges: merges.map((merge) => merge.split(' ')) } })
  test.each<[string, TokenizerFiles]>([
    ['vocab.json and merges.txt', renamed],
    ['tokenizer.json', whole()],
    ['tokenizer.json with merges as pairs', modern],
  ])('%s gives the same tokens', (_name, files) => {
    const tokenizer = unwrap(readTokenizer(files))

    for (const text of ['hello world', 'held é', `a${endOfText}`]) expect(idsOf(text, tokenizer)).toEqual(idsOf(text))
    expect(tokenizer.size).toBe(tiny.size)
  })
})

describe('what is refused', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const { ['!']: _first, ...withoutByte } = vocabulary
  const model = (change: object): TokenizerFiles => whole({ model: { type: 'BPE', vocab: vocabulary, merges, ...change } })
  test.each<[string, TokenizerFiles, string]>([
    ['no file', {}, 'found no tokenizer file; expected tokenizer.json'],
    ['half of two files', { 'vocab.json': released['encoder.json']! }, 'found vocab.json; expected'],
    ['cut-off JSON', { 'tokenizer.json': bytes('{"model":') }, 'tokenizer.json is not JSON'],
    ['bytes that are no text', { 'tokenizer.json': Uint8Array.of(0xff, 0xfe) }, 'tokenizer.json is not text in UTF-8'],
    ['a list', { 'tokenizer.json': bytes('[]') }, 'a model of type nothing; expected BPE'],
    ['another kind of model', whole({ model: { type: 'Unigram' } }), 'a model of type "Unigram"; expected BPE'],
    ['a pattern of its own', whole({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } }), 'splits words by "Split"'],
    ['a prefixed space', whole({ pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }), 'puts a space before each text'],
    ['lower case', whole({ normalizer: { type: 'Lowercase' } }), 'normalizes text by "Lowercase"'],
    ['marked parts of words', model({ end_of_word_suffix: '</w>' }), "marks parts of words by '</w>'"],
    ['a huge id', model({ vocab: { ...vocabulary, ab: 4e9 } }), 'gives "ab" the id 4000000000'],
    ['one id twice', model({ vocab: { ...vocabulary, ab: 3 } }), 'gives the id 3 to two tokens'],
    ['a token outside the alphabet', model({ vocab: { ...vocabulary, '世': 300 } }), 'has the token "世"'],
    ['a missing byte', model({ vocab: withoutByte, merges: [] }), 'has no token for byte 33'],
    ['a merge of strangers', model({ merges: ['q x'] }), 'merges "q x", but "qx" is not in the vocabulary'],
    ['a merge of one', model({ merges: ['hello'] }), 'has the merge "hello" at place 0; expected two tokens'],
    ['an added token with a taken id', whole({ added_tokens: [{ id: 0, content: 'x' }] }), 'gives the id 0 to two tokens'],
    ['an added token without a name', whole({ added_tokens: [{ id: 3 }] }), 'has the added token {"id":3}'],
    ['more than can be', { 'tokenizer.json': new Uint8Array(32 * 2 ** 20 + 1) }, 'tokenizer.json has 33554433 bytes'],
  ])('%s', (_name, files, message) => {
    const read = readTokenizer(files)

    expect(read).toMatchObject({ ok: false, error: { code: 'FILE_MALFORMED', message: expect.stringContaining(message) } })
  })

  test('a token named like a part of every object is a token like others', () => {
    const added = { id: 266, content: '__proto__' }
    const tokenizer = unwrap(readTokenizer(whole({ added_tokens: [added, { id: 265, content: endOfText }] })))

    expect(idsOf('hello__proto__', tokenizer)).toEqual([vocabulary['hello'], 266])
  })
})

const shared = join(root, '../shared/data/gpt2_tokenizer')

describe.skipIf(!existsSync(shared))("GPT-2's own files", () => {
  let gpt2: Tokenizer
  // The body of a skipped suite is run all the same; this is not.
  beforeAll(() => {
    const read = (name: string): Uint8Array => readFileSync(join(shared, name))
    gpt2 = unwrap(readTokenizer({ 'encoder.json': read('encoder.json'), 'vocab.bpe': read('vocab.bpe') }))
  })

  test('give the known tokens of every known text, and the text back', () => {
    const text = readFileSync(join(shared, 'r50k_vectors.txt'), 'utf8')
    const vectors = [...text.matchAll(/EncodingName: r50k_base\nSample: ([^]*?)\nEncoded: (\[.*\])/g)]
      .map(([, sample, ids]) => ({ sample: sample!, ids: JSON.parse(ids!) as number[] }))

    expect(vectors).toHaveLength(32)
    expect(vectors.map(({ sample }) => ({ sample, ids: idsOf(sample, gpt2) }))).toEqual(vectors)
    expect(vectors.map(({ ids }) => gpt2.decode(ids))).toEqual(vectors.map(({ sample }) => sample))
  })

  test('have 50,257 tokens, the last of which starts a text', () => {
    expect([gpt2.size, gpt2.startToken]).toEqual([50257, 50256])
  })
})
