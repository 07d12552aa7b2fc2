/** Skipped tests in the code against the list that gives each its reason. */
import ts from 'typescript'
import type { Source } from './sources'

/** Names of tests that are skipped for good: `test.skip`, `describe.skip`, `test.todo`, `test.fails`. */
export function skipsIn(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) => {
    const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true)
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && /^(test|it|describe)\.(skip|todo|fails|only)$/.test(node.expression.getText(file))) {
        const [name] = node.arguments
        found.push(`${source.path}: ${name && ts.isStringLiteralLike(name) ? name.text : '?'}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
    return found
  })
}

/** The first column of the list's table: `path: name of the test`. */
export function quarantined(markdown: string): readonly string[] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? row)
}
