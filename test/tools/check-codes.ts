/** Error codes in three places: the contract's list, their pages, and the sources that raise them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root, scriptOf, type Source } from './sources'

export function codePages(): readonly string[] {
  const folder = join(root, 'resources/docs/errors')
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3)).sort()
}

/**
 * Codes the sources raise or compare: the first argument of `err(…)`, and every `code` that a literal is assigned to.
 * A code the system defines (ENOENT) has no underscore and is not ours.
 */
export function codesUsed(sources: readonly Source[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const source of sources) {
    if (source.path.endsWith('contract/errors.ts')) continue
    const file = ts.createSourceFile(source.path, scriptOf(source), ts.ScriptTarget.Latest, true)
    const note = (literal: ts.Node | undefined): void => {
      if (literal && ts.isStringLiteralLike(literal) && isCode(literal.text)) found.set(literal.text, source.path)
    }
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText(file) === 'err') note(node.arguments[0])
      if (ts.isPropertyAssignment(node) && node.name.getText(file) === 'code') note(node.initializer)
      if (ts.isBinaryExpression(node) && /\bcode$/.test(node.left.getText(file))) note(node.right)
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return found
}

const isCode = (text: string): boolean => /^[A-Z]+(_[A-Z]+)+$|^(INTERNAL|CANCELLED)$/.test(text) && !/^(SQLITE|ERR|UV)_/.test(text)
