/**
 * `npm test`, `npm run test:fast`, `npm run check` and `npm test -- --sanitized`: the steps in order, each shown, and at
 * the end one plain line with the number of tests that passed, failed and were skipped.
 *
 * A step that is no test (types, lint, build) counts as one when it fails. Steps go on after a failure, so that one run
 * tells everything; only end-to-end tests are left out when there is no build to drive.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { buildNative } from '../../src-main/host/shell/launch/build.mjs'
import { sanitized, sanitizedSuites, sanitizers } from './sanitized.mjs'

const root = join(import.meta.dirname, '../..')
const artifacts = join(root, 'test', 'artifacts')
const isCi = Boolean(process.env.CI) && process.env.CI !== 'false'
const modes = process.argv.slice(2).filter((arg) => arg.startsWith('--'))
const mode = ['fast', 'check', 'sanitized'].find((name) => modes.includes(`--${name}`)) ?? 'full'

/** Suites that train for longer than a fast run may take. */
const heavySuites = ['test/suites/recipes*', 'test/suites/claims*', 'test/suites/*.slow.test.ts']

const bin = (name) => join(root, 'node_modules', name)
const totals = { passed: 0, failed: 0, skipped: 0 }
const failedSteps = []

function say(text) {
  process.stdout.write(`${text}\n`)
}

/** Runs a script under this Node, shown as it goes; true when it succeeded. `prefix` is a command that starts Node. */
function run(title, script, args, env = {}, prefix = []) {
  say(`\n── ${title}`)
  const startedMs = performance.now()
  const [command, ...rest] = [...prefix, process.execPath, script, ...args]
  const { status } = spawnSync(command, rest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined }), ...env },
  })
  say(`── ${title}: ${status === 0 ? 'good' : 'FAILED'} after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  if (status !== 0) failedSteps.push(title)
  return status === 0
}

function checkTypes() {
  const vueTsc = bin('vue-tsc/bin/vue-tsc.js')
  const steps = [
    run('types of src-main', bin('typescript/bin/tsc'), ['-p', 'src-main', '--noEmit']),
    run('types of src-renderer', vueTsc, ['-p', 'src-renderer', '--noEmit']),
    // Tests mount components, which only this compiler reads.
    run('types of test', vueTsc, ['-p', 'test', '--noEmit']),
  ]
  totals.failed += steps.filter((isGood) => !isGood).length
}

function lint() {
  const folders = ['src-main', 'src-renderer', 'test', 'electron.vite.config.ts']
  if (!run('lint', bin('eslint/bin/eslint.js'), ['--config', 'test/eslint.config.mjs', ...folders])) totals.failed++
}

/** Builds through the launcher, so that the build is known to answer to the sources. */
function build() {
  const isBuilt = run('build', join(root, 'src-main/host/entry/launch.mjs'), ['build'])
  if (!isBuilt) totals.failed++
  return isBuilt
}

/** Runs projects of Vitest and adds up what its own report says. */
function vitest(title, args, env, prefix) {
  const report = join(artifacts, `${title.replace(/\W+/g, '-')}.json`)
  rmSync(report, { force: true })
  const outputs = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const isGood = run(title, bin('vitest/vitest.mjs'), ['run', '--config', 'test/vitest.config.ts', ...outputs, ...args], env, prefix)
  if (!existsSync(report)) {
    totals.failed++
    return
  }
  const counted = JSON.parse(readFileSync(report, 'utf8'))
  totals.passed += counted.numPassedTests
  totals.failed += counted.numFailedTests
  totals.skipped += counted.numPendingTests + counted.numTodoTests
  // A file that does not load has no tests to count; an error outside any test leaves them all green.
  const unloaded = counted.testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.length)
  totals.failed += unloaded.length
  if (!isGood && counted.numFailedTests + unloaded.length === 0) totals.failed++
  nameSkips(counted)
}

function nameSkips({ testResults }) {
  for (const { assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status !== 'passed' && status !== 'failed') say(`   skipped: ${fullName}`)
    }
  }
}

const project = (...names) => names.flatMap((name) => ['--project', name])

/** Chromium by name or place; the tests ask the same function, by way of the variable. */
function chromiumPath() {
  const asked = process.env.GROKSCOPE_CHROMIUM
  if (asked) return existsSync(asked) ? asked : undefined
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

function endToEnd(isBuilt) {
  if (!isBuilt) return say('\n── end to end: left out, there is no build')
  const chromium = chromiumPath()
  if (!chromium && isCi) {
    failedSteps.push('end to end: no Chromium, which a CI machine has to have')
    totals.failed++
    return
  }
  if (!chromium) say('\n── no Chromium found: browser tests are skipped, each by name')
  vitest('end to end', project('e2e'), chromium ? { GROKSCOPE_CHROMIUM: chromium } : {})
}

/** The native addon's suites with a build that watches memory, arithmetic and threads. */
async function underSanitizers() {
  for (const sanitize of sanitizers) {
    const { prefix, env, reason, isBroken } = await sanitized(sanitize)
    if (!reason) vitest(`native suites under ${sanitize}`, [...project('suites'), ...sanitizedSuites], env, prefix)
    else say(`\n── native suites under ${sanitize}: left out, ${reason}`)
    if (isBroken) totals.failed++
  }
}

mkdirSync(artifacts, { recursive: true })
await buildNative()
if (mode !== 'sanitized') checkTypes()
if (mode === 'full' || mode === 'check') lint()
if (mode === 'sanitized') {
  await underSanitizers()
} else if (mode === 'check') {
  vitest('house rules', [...project('suites'), 'test/suites/house.test.ts'])
} else if (mode === 'fast') {
  vitest('unit and renderer', project('unit', 'renderer'))
  vitest('light suites', [...project('suites'), ...heavySuites.flatMap((pattern) => ['--exclude', pattern])])
} else {
  const isBuilt = build()
  vitest('unit, suites and renderer', project('unit', 'suites', 'renderer'))
  await underSanitizers()
  endToEnd(isBuilt)
}

say('')
for (const step of failedSteps) say(`failed: ${step}`)
say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(totals.failed === 0 ? 0 : 1)
