import { failureOf, unwrap } from '../../base/result'
import type { PromptSet, PromptSetCard, PromptSource, TokenizerChoice, prompts as namespace } from '../../contract/prompts'
import type { ServiceOf } from '../../contract/rpc'
import type { ComputeClient, WantedTokenizer } from '../compute/contract'
import type { Supervisor } from '../compute/supervisor'
import type { Store } from '../store/store'
import { createPieces } from './pieces'
import { resolveTokenizer } from './tokenizers'

export interface PromptsOptions {
  readonly store: () => Store
  readonly supervisor: Supervisor
}

type Service = ServiceOf<typeof namespace>

export function createPromptsService({ store, supervisor }: PromptsOptions): Service {
  const analyse = <T>(work: (client: ComputeClient) => Promise<T>): Promise<T> => supervisor.analyse(({ client }) => work(client))
  const pieces = createPieces()

  async function setOf(source: PromptSource): Promise<PromptSet> {
    if (source.kind === 'stored') return unwrap(store().promptSets.load(source.promptSetId))
    const { generatorId, settings, seed } = source
    const set = await analyse((client) => client.prompts.draw({ generatorId, settings, seed }))
    return { ...set, drawn: source }
  }

  /** Does some work with a tokenizer. Its files are sent only when the process does not hold them. */
  async function withTokenizer<T>(
    choice: TokenizerChoice,
    work: (client: ComputeClient, tokenizer: WantedTokenizer) => Promise<T>,
  ): Promise<T> {
    const { wanted, files } = resolveTokenizer(choice, store())
    return analyse(async (client) => {
      try {
        return await work(client, wanted)
      } catch (thrown) {
        if (failureOf(thrown).code !== 'TOKENIZER_NOT_FOUND' || wanted.kind !== 'files') throw thrown
      }
      await client.prompts.attachTokenizer({ key: wanted.key, files })
      return work(client, wanted)
    })
  }

  function keep(name: string, set: PromptSet): PromptSetCard {
    return store().promptSets.write(name, set)
  }

  return {
    generators: () => analyse((client) => client.prompts.generators({})),
    list: () => [...store().promptSets.list()],
    async preview({ source, tokenizer, ...options }, { signal }) {
      const set = await setOf(source)
      if (!tokenizer) return analyse((client) => client.prompts.preview({ set, ...options }, { signal }))
      return withTokenizer(tokenizer, (client, wanted) => client.prompts.preview({ set, tokenizer: wanted, ...options }, { signal }))
    },
    keep: async ({ source, name }) => keep(name, await setOf(source)),
    async adopt({ name, ...piece }) {
      const bytes = pieces.put(name, piece)
      if (!bytes) return {}
      const set = await analyse((client) => client.prompts.read({ name, bytes }))
      return { set: keep(name.replace(/\.\w+$/, '').slice(0, 120), set) }
    },
    async pair({ cleanId, corruptedId, name }) {
      const [clean, corrupted] = [cleanId, corruptedId].map((id) => unwrap(store().promptSets.load(id))) as [PromptSet, PromptSet]
      const { drawn: _drawn, ...paired } = await analyse((client) => client.prompts.pair({ clean, corrupted }))
      return keep(name, paired) // drawn again, it would lack its partners
    },
    remove({ promptSetId }) {
      unwrap(store().promptSets.load(promptSetId))
      store().promptSets.remove(promptSetId)
      return {}
    },
    async tokenize({ source, tokenizer, ...options }, { signal }) {
      const set = await setOf(source)
      return withTokenizer(tokenizer, (client, wanted) => client.prompts.tokenize({ set, tokenizer: wanted, ...options }, { signal }))
    },
    encode: ({ tokenizer, text, startToken }, { signal }) =>
      withTokenizer(tokenizer, (client, wanted) => client.prompts.encode({ tokenizer: wanted, text, startToken }, { signal })),
    texts: ({ tokenizer, ids }, { signal }) =>
      withTokenizer(tokenizer, (client, wanted) => client.prompts.texts({ tokenizer: wanted, ids }, { signal })),
  }
}
