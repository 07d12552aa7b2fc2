/**
 * Who may import whom: the table of the house as data, and the check that holds the sources to it.
 *
 * A file belongs to the rule with the longest matching folder. It may import its own folder, and what begins with one of
 * the rule's `may`; a package or `node:` module only when the rule names it. Type-only imports obey the same table: a
 * type cycle is still a cycle for the reader. Everything that breaks the table and has to be lived with for a while
 * stands in `debt`, with an owner and a date after which it is an error again.
 */
import { dirname, posix } from 'node:path'
import ts from 'typescript'
import { scriptOf, type Source } from './sources'

export interface ImportRule {
  readonly folder: string
  /** Path prefixes below the root, without suffix. A trailing slash means a folder, otherwise one file or a folder. */
  readonly may: readonly string[]
  /** Package names; `node:` stands for every module of Node's. */
  readonly packages?: readonly string[]
}

const base = 'src-main/base/'
const contract = 'src-main/contract/'
const engine = 'src-main/engine/'
const lab = (name: string): string => `src-main/lab/${name}`
const host = (name: string): string => `src-main/host/${name}`
const nounFiles = ['tasks/task', 'models/model', 'models/hook-point', 'models/cache', 'optimizers/optimizer', 'losses/loss']

export const importRules: readonly ImportRule[] = [
  { folder: 'src-main/base', may: [] },
  { folder: 'src-main/contract', may: [base], packages: ['zod'] },
  {
    folder: 'src-main/engine',
    may: [base],
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'node:'],
  },
  {
    folder: 'src-main/engine/backends',
    may: [engine, base],
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-node-gpu', 'node:'],
  },
  { folder: lab('axes.ts'), may: [] },
  { folder: lab('tokenizers'), may: [base], packages: ['@huggingface/tokenizers'] },
  { folder: lab('tasks'), may: [lab('tokenizers/'), engine, base, lab('axes')] },
  { folder: lab('models'), may: [engine, base, lab('axes')] },
  { folder: lab('optimizers'), may: [engine, base, lab('axes')] },
  { folder: lab('losses'), may: [engine, base, lab('axes')] },
  { folder: lab('probes'), may: [lab('models/'), lab('tasks/task'), engine, base, lab('axes')] },
  { folder: lab('train'), may: [...nounFiles, 'probes/probe'].map(lab).concat(engine, base, lab('axes')) },
  // Decision 0007: eigenvalues and singular values of head-sized matrices.
  {
    folder: lab('interpret'),
    may: ['models/', 'tasks/task', 'tasks/prompts/prompt-set', 'axes'].map(lab).concat(engine, base),
    packages: ['ml-matrix'],
  },
  { folder: lab('importers'), may: [lab('models/'), lab('tokenizers/'), engine, base], packages: ['node:zlib'] },
  { folder: lab('exporters'), may: [lab('models/'), base] },
  {
    folder: lab('recipes'),
    may: ['axes', 'tasks/', 'tokenizers/', 'models/', 'optimizers/', 'losses/', 'probes/', 'train/', 'interpret/'].map(lab).concat(engine, base),
  },
  {
    folder: lab('reports'),
    may: ['recipes/recipe', 'recipes/claim', 'interpret/analysis', 'train/', 'axes'].map(lab).concat(base, contract),
    packages: ['zod', 'node:crypto'],
  },
  {
    folder: host('store'),
    may: [base, contract, ...nounFiles.map(lab), lab('recipes/claim'), lab('train/')],
    packages: ['better-sqlite3', 'node:'],
  },
  { folder: host('rpc'), may: [base, contract], packages: ['zod', 'ws', 'node:'] },
  { folder: host('compute'), may: [base, contract, host('rpc/')], packages: ['zod', 'node:'] },
  { folder: host('worker'), may: ['src-main/lab/', engine, base, contract, host('compute/'), host('rpc/')], packages: ['node:'] },
  {
    folder: host('services'),
    may: [contract, base, 'src-main/lab/', host('store/'), host('compute/'), host('rpc/'), host('shell/doctor')],
    // Reports are drawn here, as text, without a page.
    packages: ['echarts', 'node:'],
  },
  { folder: host('serve'), may: [base, contract, host('rpc/')], packages: ['ws', 'node:'] },
  { folder: host('shell'), may: [base, contract, host('serve/'), 'src-main/engine/backends/native/addon'], packages: ['electron', 'better-sqlite3', 'node:'] },
  {
    folder: host('headless'),
    may: [base, contract, 'src-main/lab/', host('services/'), host('compute/'), host('store/'), host('shell/doctor')],
    packages: ['node:'],
  },
  { folder: host('entry'), may: ['src-main/'], packages: ['electron', 'ws', 'node:'] },
  { folder: 'src-renderer/base', may: [contract] },
  { folder: 'src-renderer/theme', may: ['src-renderer/base/'] },
  { folder: 'src-renderer/client', may: ['src-renderer/base/', contract, base], packages: ['vue', 'pinia'] },
  {
    folder: 'src-renderer/widgets',
    may: ['src-renderer/base/', 'src-renderer/theme/', contract],
    packages: ['vue', 'reka-ui', '@tanstack/vue-virtual', 'marked'],
  },
  {
    folder: 'src-renderer/charts',
    may: ['base/', 'theme/', 'widgets/'].map((name) => `src-renderer/${name}`).concat(contract),
    packages: ['vue', 'echarts'],
  },
  {
    folder: 'src-renderer/workbench',
    may: ['base/', 'theme/', 'client/', 'widgets/', 'charts/'].map((name) => `src-renderer/${name}`).concat(contract),
    packages: ['vue', 'pinia', 'dockview-vue', 'reka-ui', '@tanstack/vue-virtual'],
  },
  {
    folder: 'src-renderer/views',
    may: ['base/', 'theme/', 'client/', 'widgets/', 'charts/', 'workbench/']
      .map((name) => `src-renderer/${name}`)
      .concat(contract),
    packages: ['vue', 'pinia', 'reka-ui', '@tanstack/vue-virtual', 'marked'],
  },
  { folder: 'src-renderer/gallery', may: ['src-renderer/', contract], packages: ['vue', 'pinia'] },
  { folder: 'src-renderer', may: ['src-renderer/', contract], packages: ['vue', 'pinia', 'dockview-vue'] },
]

/** The renderer may see these parts of the contract as values; of the rest only types, which leave no trace in its bundle. */
export const contractValues = ['client', 'errors', 'packing', 'words'].map((name) => `src-main/contract/${name}`)

export interface Debt {
  readonly from: string
  readonly to: string
  readonly owner: string
  /** Last day, as YYYY-MM-DD. */
  readonly until: string
}

export const debt: readonly Debt[] = []

export interface Violation {
  readonly from: string
  readonly to: string
  readonly why: string
}

/** Every import that the table does not allow. */
export function importViolations(sources: readonly Source[]): readonly Violation[] {
  return sources.flatMap((source) => {
    const rule = ruleFor(source.path)
    if (!rule) return [{ from: source.path, to: '', why: 'its folder is not in the table' }]
    return importsOf(source).flatMap((to) => {
      const why = complaintAbout(source, rule, to) ?? viewComplaint(source.path, sources, to)
      return why && !isOwed(source.path, to) ? [{ from: source.path, to, why }] : []
    })
  })
}

function ruleFor(path: string): ImportRule | undefined {
  const fitting = importRules.filter(({ folder }) => path === folder || path.startsWith(`${folder}/`))
  return fitting.sort((x, y) => y.folder.length - x.folder.length)[0]
}

function importsOf(source: Source): readonly string[] {
  const { importedFiles } = ts.preProcessFile(scriptOf(source), true, false)
  return importedFiles.map(({ fileName }) => resolved(source.path, fileName))
}

/** A path below the root without suffix, or the name of a package. */
function resolved(from: string, specifier: string): string {
  if (specifier === '@contract') return 'src-main/contract/index'
  if (specifier.startsWith('@contract/')) return `src-main/contract/${specifier.slice('@contract/'.length)}`
  if (!specifier.startsWith('.')) return packageOf(specifier)
  const path = posix.join(dirname(from), specifier).replace(/\.(ts|vue|mjs)$/, '')
  return /(^|\/)\.\.?$/.test(specifier) || isFolder(path) ? `${path}/index` : path
}

const isFolder = (path: string): boolean => importRules.some(({ folder }) => folder === path)

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

function complaintAbout({ path }: Source, rule: ImportRule, to: string): string | undefined {
  if (!to.startsWith('src-')) {
    const packages = rule.packages ?? []
    const isNamed = packages.includes(to) || (to.startsWith('node:') && packages.includes('node:'))
    return isNamed || /\.(css|svg|json)$/.test(to) ? undefined : `${rule.folder} may not use the package ${to}`
  }
  if (to.startsWith('src-main/host/entry/') && !path.startsWith('src-main/host/entry/')) return 'entries are imported by nobody'
  const ownFolder = posix.dirname(path)
  // In a folder of declarations the index globs its leaves, so a leaf that imports it closes a circle.
  if (to === `${ownFolder}/index` && /^src-(main\/(lab|engine)|renderer\/views)\//.test(path)) return 'a folder may not import its own index'
  // viewComplaint answers for these.
  if (path.startsWith('src-renderer/views/') && to.startsWith('src-renderer/views/')) return undefined
  if (to === rule.folder || to.startsWith(`${rule.folder}/`)) return undefined
  const isAllowed = rule.may.some((allowed) => {
    return allowed.endsWith('/') ? to.startsWith(allowed) : to === allowed || to.startsWith(`${allowed}/`)
  })
  return isAllowed ? undefined : `${rule.folder} may not import it`
}

/** A view may use another only when its declaration, its `index.ts`, says that it needs it. */
function viewComplaint(path: string, sources: readonly Source[], to: string): string | undefined {
  if (!path.startsWith('src-renderer/views/') || !to.startsWith('src-renderer/views/')) return undefined
  const [own, other] = [path, to].map((each) => each.split('/')[2])
  if (own === other) return undefined
  const declaration = sources.find((source) => source.path === `src-renderer/views/${own}/index.ts`)?.text ?? ''
  const needs = /needs:\s*\[([^\]]*)\]/.exec(declaration)?.[1] ?? ''
  return needs.includes(`'${other}'`) ? undefined : `the view ${own} does not declare that it needs ${other}`
}

function isOwed(from: string, to: string): boolean {
  const today = new Date().toISOString().slice(0, 10)
  return debt.some((owed) => owed.from === from && owed.to === to && owed.until >= today)
}

/** Imports of contract values by the renderer beyond the parts meant for it. */
export function contractValueViolations(sources: readonly Source[]): readonly Violation[] {
  return sources.flatMap((source) => {
    const file = ts.createSourceFile(source.path, scriptOf(source), ts.ScriptTarget.Latest)
    return file.statements.flatMap((statement) => {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return []
      const to = resolved(source.path, statement.moduleSpecifier.text)
      const isContract = to.startsWith('src-main/contract/') && !contractValues.includes(to)
      return isContract && bringsValues(statement) ? [{ from: source.path, to, why: 'only its types may be imported' }] : []
    })
  })
}

function bringsValues({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return true
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false
  const { name, namedBindings } = importClause
  if (name || !namedBindings || ts.isNamespaceImport(namedBindings)) return true
  return namedBindings.elements.some(({ isTypeOnly }) => !isTypeOnly)
}
