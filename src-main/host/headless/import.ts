/** `grokscope import`: a checkpoint from files to a run of a project, or without a project to its parity card alone. */
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, posix, resolve } from 'node:path'
import { AppError } from '../../base/result'
import { parseSetting, type SettingValue } from '../../base/settings'
import type { ImportCard, ImportDraft, ImportProposal, ImportQuestion } from '../../contract/imports'
import type { CallContext } from '../../contract/rpc'
import { createHost, type Host } from '../services/host'
import type { ImportOptions } from './options'
import type { Surroundings } from './run'

const pieceBytes = 2 ** 20

/** The exit code. */
export async function importFiles(options: ImportOptions, { console, interrupted, spawn }: Surroundings): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'grokscope-'))
  const project = resolve(options.project ?? join(scratch, 'import.grokscope'))
  const host = await createHost({
    workspace: scratch,
    shell: 'served',
    opensProject: false,
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(spawn && { spawn }),
  })
  try {
    await (existsSync(project) ? host.openProject(project) : host.createProject(project))
    const { imports } = host.services
    const ctx: CallContext = { signal: interrupted }
    const { importId } = await imports.begin({}, ctx)
    for (const file of filesUnder(options.files)) await send(host, importId, file, ctx)
    const opened = await imports.open({ importId }, ctx)
    const draft = draftOf(opened.draft, opened.proposal, options)
    const proposal = await imports.check({ importId, draft }, ctx)
    sayProposal(proposal, console)
    const [problem] = proposal.problems
    if (problem !== undefined) throw new AppError({ code: 'IMPORT_REFUSED', message: `${problem}${hintFor(proposal)}` })
    const name = options.name ?? proposal.name
    const made = options.project === undefined
      ? { card: await imports.card({ importId, draft }, ctx), runId: undefined }
      : await imports.finish({ importId, draft, name }, ctx)
    sayCard(made.card, console)
    if (made.runId !== undefined) console.say(`imported '${name}' into ${options.project}`, { event: 'imported', name, runId: made.runId })
    else console.say('nothing was written; --project FILE keeps it', { event: 'checked' })
    return made.card.logits && !made.card.logits.isWithin ? 1 : 0
  } finally {
    console.end()
    await host.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Named {
  /** As the import knows it. */
  readonly path: string
  readonly place: string
}

/** Files as they are, folders with everything below them. */
function filesUnder(places: readonly string[]): readonly Named[] {
  return places.flatMap((place): readonly Named[] => {
    const stats = statSync(place, { throwIfNoEntry: false })
    if (!stats) throw new AppError({ code: 'FILE_UNREADABLE', message: `there is no file '${place}'` })
    const name = basename(resolve(place))
    if (!stats.isDirectory()) return [{ path: name, place }]
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
      .map((below) => ({ path: posix.join(name, below.replaceAll('\\', '/')), place: join(place, below) }))
      .filter((file) => !file.path.split('/').some((part) => part.startsWith('.')) && statSync(file.place).isFile())
  })
}

async function send({ services }: Host, importId: string, { path, place }: Named, ctx: CallContext): Promise<void> {
  const totalBytes = statSync(place).size
  const file = openSync(place, 'r')
  try {
    for (let offset = 0; offset === 0 || offset < totalBytes; offset += pieceBytes) {
      const bytes = new Uint8Array(Math.min(pieceBytes, totalBytes - offset))
      readSync(file, bytes, 0, bytes.length, offset)
      await services.imports.put({ importId, path, offset, totalBytes, bytes }, ctx)
    }
  } finally {
    closeSync(file)
  }
}

/** The proposal's draft with what the command line says: answers to questions first, else settings of the model. */
function draftOf(draft: ImportDraft, { questions, settings }: ImportProposal, { set, layout, takesDefaults }: ImportOptions): ImportDraft {
  const answers: Record<string, SettingValue> = { ...draft.answers }
  const changed: Record<string, SettingValue> = { ...draft.settings }
  if (takesDefaults) for (const { key, default: usual, isAnswered } of questions) if (!isAnswered) answers[key] = usual
  for (const [key, text] of Object.entries(set)) {
    const question = questions.find((one) => one.key === key)
    const setting = settings.find((one) => one.key === key)
    if (question) answers[key] = answerOf(question, text)
    else if (setting) changed[key] = parseSetting(setting.field, text)
    else {
      const known = [...questions, ...settings].map((one) => one.key)
      throw new AppError({ code: 'SETTING_INVALID', message: `unknown setting '${key}'; known: ${[...new Set(known)].join(', ')}` })
    }
  }
  return { ...draft, answers, settings: changed, ...(layout !== undefined && { layoutId: layout }) }
}

function answerOf({ key, default: usual, candidates }: ImportQuestion, text: string): SettingValue {
  const candidate = candidates.find((one) => String(one) === text)
  if (candidate !== undefined) return candidate
  const value = typeof usual === 'number' ? Number(text) : typeof usual === 'boolean' ? text === 'true' : text
  if (candidates.length === 0 && !(typeof value === 'number' && Number.isNaN(value))) return value
  throw new AppError({ code: 'SETTING_INVALID', message: `${key} is '${text}'; expected ${candidates.join(', ') || `a ${typeof usual}`}` })
}

function hintFor({ questions }: ImportProposal): string {
  const open = questions.filter(({ isAnswered }) => !isAnswered)
  if (open.length === 0) return ''
  return `; answer with ${open.map(({ key, default: usual }) => `--set ${key}=${usual}`).join(' ')}, or take these with --defaults`
}

type Console = Surroundings['console']

function sayProposal(proposal: ImportProposal, console: Console): void {
  const { format, checkpoints, tensors, layoutId, settings, warnings, notes } = proposal
  const steps = checkpoints.map(({ step }) => step).join(', ')
  console.say(`${format}, layout ${layoutId ?? 'unknown'}: ${tensors.length} tensors, step ${steps}`, { event: 'proposal', ...proposal })
  for (const { key, value, reason } of settings.filter((one) => one.reason !== '')) console.say(`  ${key} = ${value}: ${reason}`, { event: 'setting', key, value, reason })
  for (const text of [...warnings, ...notes]) console.say(`  ${text}`, { event: 'note', text })
}

function sayCard(card: ImportCard, console: Console): void {
  const { accounted, missing, unused, logits, answers, parameterCount } = card
  const made = accounted.filter(({ from }) => from.length > 0).length
  const counts = `${made} of ${accounted.length} parameters from the file, ${missing.length} missing, ${unused.length} tensors unused`
  console.say(`${counts}; ${parameterCount} numbers`, { event: 'card', ...card })
  if (logits) console.say(`largest error of a logit ${logits.largestError.toPrecision(3)}, logits reach ${logits.largestLogit.toPrecision(3)}`, { event: 'logits', ...logits })
  if (answers) console.say(`${answers.task}: ${answers.correctCount} of ${answers.count} right`, { event: 'answers', ...answers })
}
