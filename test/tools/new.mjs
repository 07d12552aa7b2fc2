/** `npm run new -- probe weight-norm`: writes the skeleton of a declaration and names what to do next. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nouns, skeletonOf } from './skeletons.mjs'

const root = join(import.meta.dirname, '../..')
const [noun, id] = process.argv.slice(2)

try {
  if (!noun || !id) throw new Error(`usage: npm run new -- <noun> <id>; nouns are ${nouns.join(', ')}`)
  const files = skeletonOf(noun, id)
  const taken = files.find(({ path }) => existsSync(join(root, path)))
  if (taken) throw new Error(`${taken.path} exists`)
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    process.stdout.write(`${path}\n`)
  }
  process.stdout.write('It is found by its folder; the suite of its noun tests it: npm run test:fast\n')
} catch (error) {
  process.stderr.write(`new: ${error.message}\n`)
  process.exitCode = 1
}
