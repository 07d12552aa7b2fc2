#!/usr/bin/env node
/**
 * The one command behind every npm script and the `grokscope` program.
 *
 * Plain JavaScript without dependencies, because it runs before anything is known to work: on an old Node it continues
 * under a newer one, it builds what is not built, and only then loads the program itself.
 */
import { join } from 'node:path'
import { buildNative, buildNow, buildWhenStale } from '../shell/launch/build.mjs'
import { developUnderElectron, runElectron } from '../shell/launch/electron.mjs'
import { continueUnderModernNode, isModernNode } from '../shell/launch/modern-node.mjs'
import { become } from '../shell/launch/child.mjs'
import { root } from '../shell/launch/root.mjs'

const [command = 'help', ...rest] = process.argv.slice(2)
const built = (name) => join(root, 'out', 'main', `${name}.js`)

async function serve(args) {
  await become(built('serve'), args)
}

async function start(args) {
  const outcome = await runElectron(args)
  if ('exitCode' in outcome) return process.exit(outcome.exitCode)
  process.stdout.write(`Not opening a desktop window: ${outcome.reason}. Serving the workbench instead.\n`)
  await serve(outcome.args)
}

async function launch() {
  if (!isModernNode()) return continueUnderModernNode()
  switch (command) {
    case 'build':
      await buildNative()
      return buildNow()
    case 'dev':
      return developUnderElectron(rest)
    case 'node':
      return become(join(process.cwd(), rest[0] ?? ''), rest.slice(1))
    case 'setup-tfjs':
      return (await import('../shell/launch/setup-tfjs.mjs')).setUpTfjs()
    case 'start':
      await buildWhenStale()
      return start(rest)
    case 'serve':
      await buildWhenStale()
      return serve(rest)
    default:
      await buildWhenStale()
      return become(built('headless'), [command, ...rest])
  }
}

try {
  await launch()
} catch (error) {
  process.stderr.write(`grokscope: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
