import { describe, expect, test } from 'vitest'
import { parseHeadless, type RunOptions } from '@main/host/headless/options'
import { unwrap } from '@main/base/result'

const complaint = (...args: string[]): string => {
  const parsed = parseHeadless(args)
  return parsed.ok ? 'nothing was refused' : parsed.error.message
}

describe('grokscope run', () => {
  test('takes a recipe and gives everything else its default', () => {
    expect(unwrap(parseHeadless(['run', 'doshi-2023']))).toEqual({
      command: 'run',
      recipe: 'doshi-2023',
      spec: undefined,
      scale: 'smoke',
      arms: undefined,
      seeds: [1],
      set: {},
      out: undefined,
      project: undefined,
      isRecorded: false,
      backend: undefined,
      trainers: undefined,
      output: 'bar',
    })
  })

  test('reads repeated settings, and values with an equals sign', () => {
    const { set } = unwrap(parseHeadless(['run', 'r', '--set', 'p=47', '--set', 'task.operation=a=b'])) as RunOptions
    expect(set).toEqual({ p: '47', 'task.operation': 'a=b' })
  })

  test.each([
    [['--seeds', '3'], [1, 2, 3]],
    [['--seed', '0'], [0]],
  ])('%j stands for seeds %j', (args, seeds) => {
    expect((unwrap(parseHeadless(['run', 'r', ...args])) as RunOptions).seeds).toEqual(seeds)
  })

  test('a project named by --out is the project it writes into', () => {
    expect(unwrap(parseHeadless(['run', 'r', '--out', 'a.grokscope']))).toMatchObject({ project: 'a.grokscope' })
  })
})

describe('wrong usage names what was seen and what would work', () => {
  test.each<[string[], string]>([
    [['rnu'], "unknown command 'rnu'; known: start, serve, run, import, report, doctor, selftest, sample, help"],
    [['run'], 'run takes one recipe or --spec FILE; seen none; recipes are files in lab/recipes, e.g. doshi-2023'],
    [['run', 'r', '--seeds', 'three'], "--seeds is 'three'; expected an integer of at least 1"],
    [['run', 'r', '--seeds', '21'], '--seeds is 21; expected 1 to 20'],
    [['run', 'r', '--seeds', '2', '--seed', '1'], '--seeds and --seed exclude each other'],
    [['run', 'r', '--set', 'p'], "--set is 'p'; expected KEY=VALUE"],
    [['run', 'r', '--out', 'a.doc'], "--out is 'a.doc'; expected a file ending in .html, .json, .md, .pdf or .grokscope"],
    [['report'], 'report takes one file; seen none'],
    [['report', 'a', '--format', 'doc'], "--format is 'doc'; expected html, json, markdown or pdf"],
    [['selftest', 'eap'], "selftest takes options only; seen 'eap'"],
    [['selftest', '--pairs', '0'], "--pairs is '0'; expected an integer of at least 1"],
    [['sample', 'a.html'], "sample takes one project file; seen 'a.html', expected FILE.grokscope"],
  ])('%j', (args, message) => {
    expect(complaint(...args)).toBe(message)
  })

  test('an unknown option is named beside the known ones', () => {
    expect(complaint('doctor', '--jsno')).toMatch(/^Unknown option '--jsno'; options are --json$/)
  })
})

test.each([[['--help']], [['help']], [[]], [['run', '-h']]])('%j asks for help', (args) => {
  expect(unwrap(parseHeadless(args))).toBe('help')
})
