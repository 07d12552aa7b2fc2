import { describe, expect, test } from 'vitest'
import ts from 'typescript'
import { join } from 'node:path'
import { nouns, skeletonOf } from '../tools/skeletons.mjs'
import { importViolations } from '../tools/check-imports'
import { nameViolations } from '../tools/check-names'
import { root } from '../tools/sources'

const id = 'brand-new'
const modules = nouns.flatMap((noun) => skeletonOf(noun, id)).filter(({ path }) => path.endsWith('.ts'))

/** What the compiler says about the files as if they lay in their folders. */
function complaints(folder: string): readonly string[] {
  const { config } = ts.readConfigFile(join(root, folder, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: unknown }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, folder))
  const fresh = new Map(modules.filter(({ path }) => path.startsWith(folder)).map(({ path, text }) => [join(root, path), text]))
  const compilerHost = ts.createCompilerHost(options)
  const { fileExists, readFile } = compilerHost
  compilerHost.fileExists = (path) => fresh.has(path) || fileExists(path)
  compilerHost.readFile = (path) => fresh.get(path) ?? readFile(path)
  const program = ts.createProgram([...fresh.keys()], options, compilerHost)
  return [...fresh.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ messageText }) => `${path.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  })
}

describe('a new declaration', () => {
  test('of every noun of the main process compiles where it is put', () => {
    expect(complaints('src-main')).toEqual([])
  })

  test('keeps the rules of imports and names', () => {
    expect(importViolations(modules)).toEqual([])
    expect(nameViolations(modules)).toEqual([])
  })

  test('of an unknown noun, or with another kind of name, is refused with what would do', () => {
    expect(() => skeletonOf('gadget', id)).toThrow('nouns are analysis,')
    expect(() => skeletonOf('probe', 'WeightNorm')).toThrow('kebab-case')
  })
})
