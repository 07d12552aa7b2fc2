/** The house rules that a program can check: imports, sizes, names, error codes, the lock file, the skipped tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '@contract/errors'
import { codePages, codesUsed } from '../tools/check-codes'
import { contractValueViolations, debt, importRules, importViolations } from '../tools/check-imports'
import { missingFromLock, type Lock } from '../tools/check-lock'
import { nameViolations } from '../tools/check-names'
import { quarantined, skipsIn } from '../tools/check-quarantine'
import { sizeExceptions, sizesByPart, sizeViolations } from '../tools/check-sizes'
import { readSources, root } from '../tools/sources'

const main = readSources(['src-main'], ['.ts', '.mjs'])
const renderer = readSources(['src-renderer'], ['.ts', '.vue'])
const tests = readSources(['test'], ['.ts'])
const inTypeScript = [...main.filter(({ path }) => path.endsWith('.ts')), ...renderer]
/** A made-up file, to see that a check would catch it. */
const source = (path: string, text: string): { path: string; text: string } => ({ path, text })

describe('imports', () => {
  test('every import is one the table allows', () => {
    expect(importViolations(inTypeScript)).toEqual([])
  })

  test('the renderer takes values only from the parts of the contract made for it', () => {
    expect(contractValueViolations(renderer)).toEqual([])
  })

  test.each([
    ['src-main/base/clock.ts', "import type { Run } from '../contract/runs'"],
    ['src-main/lab/tasks/parity.ts', "import { perceptron } from '../models/perceptron'"],
    ['src-main/lab/train/loop.ts', "import adamw from '../optimizers/adamw'"],
    ['src-main/lab/probes/loss.ts', "import { probes } from './index'"],
    ['src-main/host/services/runs.ts', "import { app } from 'electron'"],
    ['src-main/host/worker/train.ts', "import { main } from '../entry/main'"],
    ['src-renderer/widgets/Knob.vue', "<script setup>import { useQuery } from '../client/use-query'</script>"],
    ['src-renderer/views/neurons/Table.vue', "<script setup>import { x } from '../training/use-training'</script>"],
    ['src-main/cellar/wine.ts', 'export {}'],
  ])('the table forbids %s to hold %s', (path, text) => {
    expect(importViolations([source(path, text)])).toHaveLength(1)
  })

  test('a view may use another that its declaration needs', () => {
    const using = source('src-renderer/views/neurons/Neurons.vue', "<script setup lang=\"ts\">import { a } from '../training/a'</script>")
    const declares = (needs: string) => source('src-renderer/views/neurons/index.ts', `export default defineView({ needs: [${needs}] })`)

    expect(importViolations([using, declares("'training'")])).toEqual([])
    expect(importViolations([using, declares('')])).toHaveLength(1)
  })

  test('debts are few and each has a day', () => {
    expect(debt.length).toBeLessThanOrEqual(0)
    expect(debt.every(({ until }) => /^\d{4}-\d\d-\d\d$/.test(until))).toBe(true)
    expect(new Set(importRules.map(({ folder }) => folder)).size).toBe(importRules.length)
  })
})

describe('sizes', () => {
  test('every file, component and function is within its cap', () => {
    expect(sizeViolations(inTypeScript)).toEqual([])
    process.stdout.write(`lines: ${JSON.stringify(sizesByPart(inTypeScript))}, exceptions: ${sizeExceptions.length}\n`)
  })

  test('a function of a hundred lines would be found', () => {
    const text = `function long() {\n${'  work()\n'.repeat(98)}}\n`

    expect(sizeViolations([source('src-main/base/long.ts', text)])).toHaveLength(1)
  })
})

describe('names', () => {
  test('every file and folder is named by the house', () => {
    expect(nameViolations([...main, ...renderer, ...tests])).toEqual([])
  })

  test.each(['src-main/base/string-utils.ts', 'src-main/base/RunStore.ts', 'src-renderer/widgets/big-knob.vue'])(
    'the name %s would be found',
    (path) => {
      expect(nameViolations([source(path, '')])).toHaveLength(1)
    },
  )
})

describe('error codes', () => {
  test('every code has its page and every page its code', () => {
    expect(codePages()).toEqual(Object.keys(errorCodes).sort())
  })

  test('every code the sources raise is in the list', () => {
    const unknown = [...codesUsed(inTypeScript)].filter(([code]) => !Object.hasOwn(errorCodes, code))

    expect(unknown).toEqual([])
  })

  test('every code in the list is raised somewhere', () => {
    const raisers = inTypeScript.filter(({ path }) => !path.endsWith('contract/errors.ts'))
    const isRaised = (code: string): boolean => raisers.some(({ text }) => text.includes(`'${code}'`))

    expect(Object.keys(errorCodes).filter((code) => !isRaised(code))).toEqual([])
  })

  test('every page opens with its code and says symptom, cause and fix', () => {
    const wrong = codePages().filter((code) => {
      const page = readFileSync(join(root, `resources/docs/errors/${code}.md`), 'utf8')
      return !(page.startsWith(`# ${code}\n`) && ['Symptom', 'Cause', 'Fix'].every((part) => page.includes(`**${part}.** `)))
    })

    expect(wrong).toEqual([])
  })
})

describe('the lock file', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock // written by npm

  test('holds every per-platform package that a locked package may want', () => {
    expect(missingFromLock(lock)).toEqual([])
  })

  test('without one of them would be found incomplete', () => {
    const whole: Lock = { packages: { '': { optionalDependencies: { a: '1' } }, 'node_modules/a': { version: '1' } } }

    expect(missingFromLock(whole)).toEqual([])
    expect(missingFromLock({ packages: { '': whole.packages['']! } })).toEqual(['the project wants a'])
  })
})

describe('quarantine', () => {
  test('the list names exactly the tests that the code skips', () => {
    const listed = quarantined(readFileSync(join(root, 'test/QUARANTINE.md'), 'utf8'))

    expect([...skipsIn(tests)].sort()).toEqual([...listed].sort())
  })
})
