import type { ImportDraft, ImportProposal } from '@contract/imports'
import { createFixtureClient, type Answers } from '@renderer/client/fixture'
import { provideClient } from '@renderer/client/use-client'
import { useFrame } from '@renderer/workbench/frame'
import { chosenFiles, kindOf } from '@renderer/workbench/import/dropped'
import ImportDialog from '@renderer/workbench/import/ImportDialog.vue'
import { useSelection } from '@renderer/workbench/selection'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, describe, expect, test } from 'vitest'

/** What the main process makes of a draft: one question, one parameter that fits unless it is mapped to `other`. */
function proposalOf(draft: ImportDraft): ImportProposal {
  const source = draft.parameters['W_E'] ?? { parts: [{ from: 'embed.W_E', steps: [] }], axis: 0 }
  const [part] = source.parts
  const isWrong = part !== undefined && 'from' in part && part.from === 'other'
  const answer = draft.answers['activation']
  return {
    name: 'model',
    format: 'torch',
    checkpoints: [{ files: ['model.pt'], step: 1000, sizeBytes: 40 }],
    tensors: [{ name: 'embed.W_E', shape: [5, 2], dtype: 'F32' }, { name: 'other', shape: [3], dtype: 'F32' }],
    layouts: [{ layoutId: 'transformer-lens', title: 'TransformerLens', score: 0.9, reasons: ['names'] }],
    layoutId: 'transformer-lens',
    modelId: 'transformer',
    dims: { n_ctx: 2, d_vocab: 5, d_vocab_out: 5 },
    settings: [],
    questions: [{
      key: 'activation',
      title: 'Activation',
      default: answer ?? 'relu',
      candidates: ['relu', 'gelu'],
      reason: 'tensors do not show it',
      isAnswered: answer !== undefined,
    }],
    rows: [{ name: 'W_E', shape: [5, 2], ...source, state: isWrong ? 'wrong' : 'ok', isChanged: 'W_E' in draft.parameters, reason: isWrong ? '[3] is not [5, 2]' : '' }],
    unused: [],
    warnings: [],
    notes: [],
    tasks: [{ id: 'unlabelled-tokens', settings: {}, title: 'Tokens without a task', reason: 'from the shapes' }],
    task: { id: 'unlabelled-tokens', settings: {} },
    problems: [...(answer === undefined ? ['a question is not answered: activation'] : []), ...(isWrong ? ['W_E: [3] is not [5, 2]'] : [])],
  }
}

const empty: ImportDraft = { answers: {}, settings: {}, parameters: {} }
const pieces: string[] = []
const finished: { draft: ImportDraft; name: string }[] = []
const discarded: string[] = []
const answers: Answers = {
  imports: {
    begin: () => ({ importId: 'import-1' }),
    put({ path, offset, bytes }) {
      pieces.push(`${path} ${offset} ${bytes.length}`)
      return {}
    },
    open: () => ({ draft: empty, isRemembered: false, proposal: proposalOf(empty) }),
    check: ({ draft }) => proposalOf(draft),
    card: () => ({ accounted: [{ name: 'W_E', shape: [5, 2], from: ['embed.W_E'] }], parameterCount: 10, unused: [], missing: [], answers: { task: 'Addition', correctCount: 24, count: 25 } }),
    finish({ draft, name }) {
      finished.push({ draft, name })
      return { runId: 'run-1', card: { accounted: [], parameterCount: 0, unused: [], missing: [] } }
    },
    discard({ importId }) {
      discarded.push(importId)
      return {}
    },
  },
}

let mounted: VueWrapper | undefined
afterEach(() => {
  mounted?.unmount()
  mounted = undefined
  for (const list of [pieces, finished, discarded]) list.length = 0
})

const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await flushPromises()
}
async function open(): Promise<void> {
  const pinia = createPinia()
  setActivePinia(pinia)
  useFrame().openImport(chosenFiles([new File([new Uint8Array(2 ** 20 + 3)], 'model.pt')]))
  mounted = mount(ImportDialog, {
    global: { plugins: [pinia, { install: (app) => provideClient(app, createFixtureClient(answers)) }] },
    attachTo: document.body,
  })
  await settled()
}
const button = (title: RegExp): HTMLButtonElement => [...document.querySelectorAll('button')].find(({ textContent }) => title.test(textContent))!
const press = async (title: RegExp): Promise<void> => {
  button(title).click()
  await settled()
}

describe('the import dialogue', () => {
  test('sends the file in pieces, and an unanswered question keeps it from going on', async () => {
    await open()

    expect(pieces).toEqual(['model.pt 0 1048576', 'model.pt 1048576 3'])
    expect(button(/Check the network/).getAttribute('aria-disabled')).toBe('true')
    expect(document.body.textContent).toContain('a question is not answered: activation')
  })

  test('an answer leads to the card, and the card to the run', async () => {
    await open()
    await press(/Take relu/)
    await press(/Check the network/)
    expect(document.body.textContent).toContain('24 of 25 right')

    await press(/Import as model/)

    expect(finished).toEqual([{ draft: { ...empty, answers: { activation: 'relu' } }, name: 'model' }])
    expect(useSelection().runId).toBe('run-1')
    expect(useFrame().dialogue).toBeUndefined()
  })

  test('a source that does not fit is told of and can be taken back', async () => {
    await open()
    await press(/Take relu/)
    document.querySelector('.data-table')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))
    await settled()
    const select = document.querySelector<HTMLSelectElement>('.source-editor select')!
    select.value = 'other'
    select.dispatchEvent(new Event('change'))
    await settled()
    expect(document.body.textContent).toContain('W_E: [3] is not [5, 2]')

    await press(/As inferred/)

    expect(document.body.textContent).not.toContain('[3] is not [5, 2]')
    expect(button(/Check the network/).getAttribute('aria-disabled')).toBeNull()
  })

  test('closing it lets the files go', async () => {
    await open()
    mounted!.unmount()
    mounted = undefined
    await settled()

    expect(discarded).toEqual(['import-1'])
  })
})

describe('what was dropped', () => {
  const named = (...paths: readonly string[]): ReturnType<typeof chosenFiles> => chosenFiles(paths.map((path) => new File(['x'], path)))

  test.each([
    [['mine.grokscope'], 'project'],
    [['model.safetensors'], 'checkpoint'],
    [['config.json', 'pytorch_model.bin', 'vocab.json'], 'checkpoint'],
    [['picture.png'], 'unknown'],
    [['ioi.json'], 'prompts'],
    [['ioi.json', 'notes.txt'], 'unknown'],
    [['.DS_Store'], 'unknown'],
  ])('%j is a %s', (paths, kind) => {
    expect(kindOf(named(...paths))).toBe(kind)
  })
})
