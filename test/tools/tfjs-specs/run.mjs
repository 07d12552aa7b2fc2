/**
 * tfjs-core's own specs on one of our backends: bundles them with one copy of TensorFlow.js, runs them under Jasmine
 * and prints one line of JSON with the counts and the failures.
 *
 *   node test/tools/tfjs-specs/run.mjs [backend] [instruction set] [--bundled]
 *
 * With --bundled the bundle of an earlier run is taken, for processors that the bundler does not run on.
 * The specs ship in the package as modules that Node cannot load and that say of themselves to be without side effects,
 * which is why they are bundled, and without leaving anything out.
 */
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../../..')
const outDir = join(root, 'build', 'tfjs-specs')
const require = createRequire(import.meta.url)

async function bundle() {
  const { build } = await import('vite')
  mkdirSync(outDir, { recursive: true })
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@main': join(root, 'src-main') }, mainFields: ['module', 'main'] },
    ssr: { noExternal: true, external: ['jasmine-core', 'node-fetch'] },
    build: {
      ssr: join(import.meta.dirname, 'specs.ts'),
      outDir,
      minify: false,
      rolldownOptions: {
        treeshake: false,
        external: [/^jasmine-core/],
        output: {
          entryFileNames: 'specs.mjs',
          // The packages look for Node's modules by `require`.
          banner: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
        },
      },
    },
  })
}

async function run() {
  const jasmineRequire = require('jasmine-core')
  const core = jasmineRequire.boot(jasmineRequire)
  const env = core.getEnv()
  env.configure({ random: false })
  const outcome = { passed: 0, skipped: 0, failed: [] }
  env.clearReporters()
  env.addReporter({
    specDone({ status, fullName, failedExpectations }) {
      if (status === 'passed') outcome.passed++
      else if (status === 'failed') outcome.failed.push(`${fullName}: ${failedExpectations[0]?.message ?? ''}`)
      else outcome.skipped++
    },
  })
  await import(pathToFileURL(join(outDir, 'specs.mjs')).href)
  await env.execute()
  return outcome
}

const isBundled = process.argv.includes('--bundled')
const [backend = 'native', instructionSet] = process.argv.slice(2).filter((arg) => arg !== '--bundled')
process.env.GROKSCOPE_SPECS_BACKEND = backend
// The specs try wrong arguments by the hundred, and the library comments on them.
console.warn = () => {}
if (!isBundled) await bundle()
if (instructionSet) {
  const built = join(root, 'build', 'native', `${process.platform}-${process.arch}`, 'grokscope.node')
  require(process.env.GROKSCOPE_ADDON ?? built).useInstructionSet(instructionSet)
}
process.stdout.write(`${JSON.stringify({ backend, instructionSet, ...(await run()) })}\n`)
process.exit(0)
