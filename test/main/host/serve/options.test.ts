import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseServeOptions } from '@main/host/serve/options'

describe('the command line of the served workbench', () => {
  test('without arguments takes the usual port, the workspace in the home folder, and opens a browser', () => {
    expect(parseServeOptions([])).toEqual({
      ok: true,
      value: { port: undefined, project: undefined, workspace: join(homedir(), 'Grokscope'), opensBrowser: true },
    })
  })

  test('takes every option, and paths relative to where it was typed', () => {
    const args = ['--port', '0', '--project', 'a.grokscope', '--workspace', 'here', '--no-open']

    expect(parseServeOptions(args)).toEqual({
      ok: true,
      value: { port: 0, project: resolve('a.grokscope'), workspace: resolve('here'), opensBrowser: false },
    })
  })

  test('takes a project without its option', () => {
    expect(parseServeOptions(['a.grokscope'])).toMatchObject({ value: { project: resolve('a.grokscope') } })
  })

  test.each([
    [['--port', 'x'], "--port is 'x'; expected a number from 0 to 65535"],
    [['--port', '65536'], "--port is '65536'; expected a number from 0 to 65535"],
    [['--prot', '1'], "Unknown option '--prot'; grokscope serve --help lists the options"],
    [['a.grokscope', 'b.grokscope'], "unexpected argument 'b.grokscope'"],
  ])('refuses %j', (args, message) => {
    expect(parseServeOptions(args)).toEqual({ ok: false, error: { code: 'ARGUMENTS_INVALID', message } })
  })

  test('helps when asked', () => {
    expect(parseServeOptions(['--help'])).toEqual({ ok: true, value: 'help' })
  })
})
