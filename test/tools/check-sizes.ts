/** Sizes of files, functions and entries, and the files that may be larger until a day. */
import ts from 'typescript'
import { scriptOf, type Source } from './sources'

export const caps = { fileLines: 500, componentLines: 250, componentScriptLines: 120, entryLines: 150, functionLines: 80 } as const

export interface SizeException {
  readonly path: string
  /** Largest size until then. */
  readonly lines: number
  readonly why: string
  /** Last day, as YYYY-MM-DD. */
  readonly until: string
}

export const sizeExceptions: readonly SizeException[] = []

const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

/** `path: what is too large`, for everything over its cap and not excepted. */
export function sizeViolations(sources: readonly Source[]): readonly string[] {
  const today = new Date().toISOString().slice(0, 10)
  const isExcepted = (path: string, lines: number): boolean =>
    sizeExceptions.some((one) => one.path === path && lines <= one.lines && one.until >= today)
  return sources.flatMap((source) => {
    const found = [...fileSizes(source), ...functionSizes(source)]
    return found.filter(({ lines, cap }) => lines > cap && !isExcepted(source.path, lines)).map(({ what, lines, cap }) => {
      return `${source.path}: ${what} has ${lines} lines; at most ${cap}`
    })
  })
}

interface Size {
  readonly what: string
  readonly lines: number
  readonly cap: number
}

function fileSizes(source: Source): readonly Size[] {
  const lines = lineCount(source.text)
  if (source.path.startsWith('src-main/host/entry/')) return [{ what: 'the entry', lines, cap: caps.entryLines }]
  if (!source.path.endsWith('.vue')) return [{ what: 'the file', lines, cap: caps.fileLines }]
  const script = lineCount(scriptOf(source).trim())
  return [
    { what: 'the component', lines, cap: caps.componentLines },
    { what: 'its script', lines: script, cap: caps.componentScriptLines },
  ]
}

/**
 * Lines a function has of its own: functions inside it are counted by themselves, and text that spans lines (SQL, a
 * page) is not counted as code.
 */
function functionSizes(source: Source): readonly Size[] {
  const file = ts.createSourceFile(source.path, scriptOf(source), ts.ScriptTarget.Latest, true)
  const lineAt = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1
  const linesOf = (node: ts.Node): number => lineAt(node.end) - lineAt(node.getStart(file)) + 1
  const sizes: Size[] = []

  /** Lines below a node that are not its function's own, counting each function inside on the way. */
  function foreignLines(node: ts.Node): number {
    let foreign = 0
    ts.forEachChild(node, (child) => {
      if (isFunction(child)) foreign += foreignPart(child)
      else if (ts.isTemplateExpression(child) || ts.isNoSubstitutionTemplateLiteral(child)) foreign += linesOf(child) - 1
      else foreign += foreignLines(child)
    })
    return foreign
  }

  function foreignPart(node: ts.FunctionLikeDeclaration): number {
    count(node)
    // Its first line is where the outer function names or passes it.
    return linesOf(node) - 1
  }

  function count(node: ts.FunctionLikeDeclaration): void {
    const line = lineAt(node.getStart(file))
    const lines = linesOf(node) - foreignLines(node)
    sizes.push({ what: `the function ${node.name?.getText(file) ?? `at line ${line}`}`, lines, cap: caps.functionLines })
  }

  foreignLines(file)
  return sizes
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

/** Lines by part of the house, for the report that is printed. */
export function sizesByPart(sources: readonly Source[]): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {}
  for (const { path, text } of sources) {
    const part = path.startsWith('src-main/') ? (path.split('/')[1] ?? '') : 'renderer'
    sizes[part] = (sizes[part] ?? 0) + lineCount(text)
  }
  return sizes
}
