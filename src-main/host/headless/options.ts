/** The command line of the program without a window. */
import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../base/result'

export interface RunOptions {
  readonly command: 'run'
  /** Exactly one of the two. */
  readonly recipe: string | undefined
  readonly spec: string | undefined
  readonly scale: string
  readonly arms: readonly string[] | undefined
  readonly seeds: readonly number[]
  readonly set: Readonly<Record<string, string>>
  readonly out: string | undefined
  readonly project: string | undefined
  readonly isRecorded: boolean
  readonly backend: string | undefined
  /** Trainings at the same time; all but one core when absent. */
  readonly trainers: number | undefined
  readonly output: 'bar' | 'json' | 'quiet'
}

export interface ReportOptions {
  readonly command: 'report'
  readonly file: string
  readonly out: string | undefined
  readonly format: 'html' | 'json' | 'markdown' | 'pdf'
}

export interface DoctorOptions {
  readonly command: 'doctor'
  readonly isJson: boolean
}

export interface SelftestOptions {
  readonly command: 'selftest'
  readonly isJson: boolean
  readonly backend: string | undefined
  /** The default ones when absent. */
  readonly methods: readonly string[] | undefined
  readonly pairCount: number
  readonly seed: number
}

export interface SampleOptions {
  readonly command: 'sample'
  readonly out: string
}

export interface ImportOptions {
  readonly command: 'import'
  readonly files: readonly string[]
  readonly set: Readonly<Record<string, string>>
  readonly layout: string | undefined
  readonly name: string | undefined
  readonly project: string | undefined
  readonly backend: string | undefined
  /** Whether questions that --set does not answer take their defaults. */
  readonly takesDefaults: boolean
  readonly output: 'bar' | 'json'
}

export type HeadlessOptions = RunOptions | ImportOptions | ReportOptions | DoctorOptions | SelftestOptions | SampleOptions

export const headlessHelp = `grokscope <command> [options]

  start                       the desktop application, or the workbench in a browser where there is none
  serve                       the workbench on 127.0.0.1
  run RECIPE | --spec FILE    train a recipe's arms and judge its claims, or train one specification
    --scale ID                a scale of the recipe (default smoke)
    --arm ID                  only this arm; may be repeated
    --set KEY=VALUE           change a setting: p=47, schedule.steps=200; may be repeated
    --seeds N | --seed K      seeds 1 to N, or seed K alone (default seed 1)
    --out FILE                .html, .json, .md or .pdf: the report; .grokscope: the project
    --project FILE            the project to write into, made when missing (default a temporary one)
    --record                  also write the verdicts to resources/claims
    --backend ID              cuda, node, wasm or cpu (default the fastest there is)
    --trainers N              trainings at the same time (default all cores but one)
    --json, --quiet           JSON lines instead of a progress bar, or neither
  import FILE…                import a checkpoint, a folder of one, or a series; an .npz of tokens and logits is its reference
    --project FILE            the project to write into (default none: only the parity card is shown)
    --set KEY=VALUE           answer a question or change a setting; may be repeated
    --defaults                take the defaults of the questions that are left
    --layout ID, --name TEXT  how tensors are named and shaped; what the run is called
    --json                    JSON lines
  report FILE                 render a project or a report
    --out FILE                where to (default beside FILE)
    --format ID               html, json, markdown or pdf (default by the suffix of --out, or html)
  doctor [--json]             what this machine has, what is missing and what that costs
  selftest                    circuit methods against networks whose circuit is known
    --method ID               only this method; may be repeated (default all but mask-learning and exhaustive)
    --pairs N, --seed K       pairs of sequences a network (default 64); of pairs and noise (default 1)
    --backend ID, --json      as above; one JSON object in place of the table
  sample FILE.grokscope       train a project that ships: corrupted-addition, induction or modular-addition

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but a claim was not reproduced or a bar of the
selftest missed, 130 interrupted.
`

type Parsed<T> = Result<T, 'ARGUMENTS_INVALID'>

const formats = { html: 'html', htm: 'html', json: 'json', md: 'markdown', markdown: 'markdown', pdf: 'pdf' } as const

/** The report format a file's suffix stands for. */
export function formatOf(path: string): ReportOptions['format'] | undefined {
  const suffix = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(formats, suffix) ? formats[suffix as keyof typeof formats] : undefined
}

export function parseHeadless(args: readonly string[]): Parsed<HeadlessOptions | 'help'> {
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || args.includes('--help') || args.includes('-h')) return ok('help')
  switch (command) {
    case 'run':
      return parseRun(rest)
    case 'import':
      return parseImport(rest)
    case 'report':
      return parseReport(rest)
    case 'doctor':
      return map(parsed(rest, { json: { type: 'boolean', default: false } }), ({ values }) =>
        ok({ command: 'doctor', isJson: values['json'] === true }),
      )
    case 'selftest':
      return parseSelftest(rest)
    case 'sample':
      return map(parsed(rest, {}), ({ positionals }) => {
        const [out] = positionals
        if (out?.endsWith('.grokscope') && positionals.length === 1) return ok({ command: 'sample', out })
        return wrong(`sample takes one project file; seen ${shown(positionals)}, expected FILE.grokscope`)
      })
    default:
      return wrong(`unknown command '${command}'; known: start, serve, run, import, report, doctor, selftest, sample, help`)
  }
}

function parseRun(args: readonly string[]): Parsed<RunOptions> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = {
    spec: text,
    scale: { ...text, default: 'smoke' },
    arm: { ...text, multiple: true },
    set: { ...text, multiple: true },
    seeds: text,
    seed: text,
    out: text,
    project: text,
    record: flag,
    backend: text,
    trainers: text,
    json: flag,
    quiet: flag,
  } as const
  return map(parsed(args, options), ({ values, positionals }) => {
    const one = (key: string): string | undefined => values[key] as string | undefined // declared as text above
    const many = (key: string): readonly string[] | undefined => values[key] as string[] | undefined // declared multiple
    const spec = one('spec')
    if (positionals.length + (spec === undefined ? 0 : 1) !== 1) {
      return wrong(`run takes one recipe or --spec FILE; seen ${shown(positionals)}; recipes are files in lab/recipes, e.g. doshi-2023`)
    }
    const out = one('out')
    if (out !== undefined && !out.endsWith('.grokscope') && !formatOf(out)) {
      return wrong(`--out is '${out}'; expected a file ending in .html, .json, .md, .pdf or .grokscope`)
    }
    const seeds = parseSeeds(one('seeds'), one('seed'))
    if (!seeds.ok) return seeds
    const set = parseSet(many('set') ?? [])
    if (!set.ok) return set
    const trainers = parseCount('trainers', one('trainers'))
    if (!trainers.ok) return trainers
    return ok({
      command: 'run',
      recipe: positionals[0],
      spec,
      scale: one('scale') ?? 'smoke',
      arms: many('arm'),
      seeds: seeds.value,
      set: set.value,
      out,
      project: one('project') ?? (out?.endsWith('.grokscope') ? out : undefined),
      isRecorded: values['record'] === true,
      backend: one('backend'),
      trainers: trainers.value,
      output: values['json'] === true ? 'json' : values['quiet'] === true ? 'quiet' : 'bar',
    })
  })
}

function parseImport(args: readonly string[]): Parsed<ImportOptions> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = { set: { ...text, multiple: true }, layout: text, name: text, project: text, backend: text, defaults: flag, json: flag } as const
  return map(parsed(args, options), ({ values, positionals }) => {
    const one = (key: string): string | undefined => values[key] as string | undefined // declared as text above
    if (positionals.length === 0) return wrong('import takes files or a folder; seen none')
    const set = parseSet((values['set'] as string[] | undefined) ?? []) // declared multiple
    if (!set.ok) return set
    return ok({
      command: 'import',
      files: positionals,
      set: set.value,
      layout: one('layout'),
      name: one('name'),
      project: one('project'),
      backend: one('backend'),
      takesDefaults: values['defaults'] === true,
      output: values['json'] === true ? 'json' : 'bar',
    })
  })
}

function parseReport(args: readonly string[]): Parsed<ReportOptions> {
  const options = { out: { type: 'string' }, format: { type: 'string' } } as const
  return map(parsed(args, options), ({ values, positionals }) => {
    const [file] = positionals
    if (file === undefined || positionals.length > 1) return wrong(`report takes one file; seen ${shown(positionals)}`)
    const out = values['out'] as string | undefined // declared as text above
    const asked = values['format'] as string | undefined // declared as text above
    const known = Object.values(formats) as string[]
    if (asked !== undefined && !known.includes(asked)) {
      return wrong(`--format is '${asked}'; expected html, json, markdown or pdf`)
    }
    const format = (asked as ReportOptions['format'] | undefined) ?? (out === undefined ? 'html' : formatOf(out))
    if (!format) return wrong(`--out is '${out}'; expected a file ending in .html, .json, .md or .pdf, or --format`)
    return ok({ command: 'report', file, out, format })
  })
}

function parseSelftest(args: readonly string[]): Parsed<SelftestOptions> {
  const text = { type: 'string' } as const
  const options = { method: { ...text, multiple: true }, pairs: text, seed: text, backend: text, json: { type: 'boolean', default: false } } as const
  return map(parsed(args, options), ({ values, positionals }) => {
    if (positionals.length > 0) return wrong(`selftest takes options only; seen ${shown(positionals)}`)
    const one = (key: string): string | undefined => values[key] as string | undefined // declared as text above
    const pairs = parseCount('pairs', one('pairs'))
    if (!pairs.ok) return pairs
    return map(parseCount('seed', one('seed'), 0), (seed) =>
      ok({
        command: 'selftest',
        isJson: values['json'] === true,
        backend: one('backend'),
        methods: values['method'] as string[] | undefined, // declared multiple
        pairCount: pairs.value ?? 64,
        seed: seed ?? 1,
      }),
    )
  })
}

/** Parsed arguments, values by option name. */
interface Arguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

function parsed(args: readonly string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']): Parsed<Arguments> {
  try {
    return ok(parseArgs({ args: [...args], allowPositionals: true, ...(options && { options }) }))
  } catch (thrown) {
    // Node's own message names the option; its advice after the first sentence is about positionals.
    const [sentence = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split('. ')
    const known = Object.keys(options ?? {}).map((name) => `--${name}`).join(', ')
    return wrong(`${sentence}; options are ${known || 'none'}`)
  }
}

function parseSeeds(seeds: string | undefined, seed: string | undefined): Parsed<readonly number[]> {
  if (seeds !== undefined && seed !== undefined) return wrong('--seeds and --seed exclude each other')
  if (seed !== undefined) return map(parseCount('seed', seed, 0), (one) => ok([one ?? 1]))
  return map(parseCount('seeds', seeds), (count = 1) => {
    return count <= 20 ? ok(Array.from({ length: count }, (_, i) => i + 1)) : wrong(`--seeds is ${count}; expected 1 to 20`)
  })
}

function parseSet(pairs: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const set: Record<string, string> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at <= 0) return wrong(`--set is '${pair}'; expected KEY=VALUE`)
    set[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return ok(set)
}

function parseCount(name: string, text: string | undefined, least = 1): Parsed<number | undefined> {
  if (text === undefined) return ok(undefined)
  const value = Number(text)
  const isCount = text.trim() !== '' && Number.isSafeInteger(value) && value >= least
  return isCount ? ok(value) : wrong(`--${name} is '${text}'; expected an integer of at least ${least}`)
}

function map<T, U>(result: Parsed<T>, next: (value: T) => Parsed<U>): Parsed<U> {
  return result.ok ? next(result.value) : result
}

const wrong = (message: string): Parsed<never> => err('ARGUMENTS_INVALID', message)
const shown = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.map((word) => `'${word}'`).join(' '))
