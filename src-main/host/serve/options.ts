/** The command line of the served workbench. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../base/result'

export interface ServeOptions {
  /** The port asked for; undefined takes the usual one, or any free one when that is taken. */
  readonly port: number | undefined
  /** A project file to open instead of the one a start opens by itself. */
  readonly project: string | undefined
  /** The folder that holds projects. */
  readonly workspace: string
  /** Whether to open a browser where there is a desktop. */
  readonly opensBrowser: boolean
}

export const serveHelp = `grokscope serve [project.grokscope] [options]

Serves the workbench on 127.0.0.1 and prints its address.

  --port PORT       listen there (default 4747, or a free port when that is taken)
  --project FILE    open this project
  --workspace DIR   folder of projects (default ~/Grokscope)
  --no-open         do not open a browser
  --help            show this

From another machine:  ssh -L 4747:127.0.0.1:4747 host  and open the printed address here.
`

/** A file name or folder is taken relative to the folder the command was typed in. */
export function parseServeOptions(args: readonly string[]): Result<ServeOptions | 'help', 'ARGUMENTS_INVALID'> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        project: { type: 'string' },
        workspace: { type: 'string' },
        'no-open': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return ok('help')
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
      return err('ARGUMENTS_INVALID', `--port is '${values.port}'; expected a number from 0 to 65535`)
    }
    if (positionals.length > 1) return err('ARGUMENTS_INVALID', `unexpected argument '${positionals[1]}'`)
    const project = values.project ?? positionals[0]
    return ok({
      port,
      project: project === undefined ? undefined : resolve(project),
      workspace: resolve(values.workspace ?? defaultWorkspace()),
      opensBrowser: !values['no-open'],
    })
  } catch (error) {
    // parseArgs explains itself in one sentence, with advice after it that is about another syntax.
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error)
    return err('ARGUMENTS_INVALID', `${reason}; grokscope serve --help lists the options`)
  }
}

export function defaultWorkspace(): string {
  return join(homedir(), 'Grokscope')
}
