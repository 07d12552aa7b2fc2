/** Composition root of the command line: `grokscope run`, `import`, `report`, `doctor`, `selftest`, `sample`. */
import { join } from 'node:path'
import { failureOf, type Failure } from '../../base/result'
import { createConsole } from '../headless/console'
import { findingsText } from '../headless/doctor'
import { importFiles } from '../headless/import'
import { headlessHelp, parseHeadless, type HeadlessOptions } from '../headless/options'
import { report } from '../headless/report'
import { run } from '../headless/run'
import { sample } from '../headless/sample'
import { selftest } from '../headless/selftest'
import { findChromium, printWithChromium } from '../serve/desktop'
import { locate } from '../services/resources'
import { diagnose } from '../shell/doctor'

const parsed = parseHeadless(process.argv.slice(2))
if (!parsed.ok) fail(parsed.error, 2)
else if (parsed.value === 'help') process.stdout.write(headlessHelp)
else await perform(parsed.value)

function fail({ code, message }: Failure, exitCode: number, isJson = process.argv.includes('--json')): void {
  if (isJson) process.stdout.write(`${JSON.stringify({ event: 'failed', code, message })}\n`)
  process.stderr.write(`grokscope: ${message}\n`)
  process.exitCode = exitCode
}

async function perform(options: HeadlessOptions): Promise<void> {
  const stopping = new AbortController()
  const interrupt = (): void => {
    // A second interrupt means now.
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    process.exitCode = await codeOf(options, stopping.signal)
  } catch (thrown) {
    if (stopping.signal.aborted) process.exitCode = 130
    else fail(failureOf(thrown), failureOf(thrown).code === 'SETTING_INVALID' || failureOf(thrown).code === 'RECIPE_UNKNOWN' ? 2 : 1)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function codeOf(options: HeadlessOptions, interrupted: AbortSignal): Promise<number> {
  const output = options.command === 'run' || options.command === 'import' ? options.output : 'bar'
  const chromium = findChromium()
  const resources = locate('resources')
  const surroundings = {
    console: createConsole(output, { out: process.stdout, err: process.stderr }),
    pdf: chromium ? (html: string) => printWithChromium(chromium, html) : undefined,
    interrupted,
    claims: resources && join(resources, 'claims'),
  }
  switch (options.command) {
    case 'run':
      return run(options, surroundings)
    case 'import':
      return importFiles(options, surroundings)
    case 'report':
      return report(options, surroundings)
    case 'sample':
      return sample(options.out, surroundings)
    case 'selftest': {
      // The science is loaded for this command only.
      const { openSelftest } = await import('../worker/selftest')
      return selftest(await openSelftest(options), {
        isJson: options.isJson,
        write: (text) => void process.stdout.write(text),
        progress: (done, total) => process.stderr.isTTY && process.stderr.write(`\r${done} of ${total}${done === total ? '\n' : ''}`),
        interrupted,
      })
    }
    case 'doctor': {
      const findings = await diagnose()
      process.stdout.write(options.isJson ? `${JSON.stringify(findings, null, 2)}\n` : findingsText(findings))
      return 0
    }
  }
}
