/** `grokscope sample`: the projects that ship with the program, trained by it. The first of them opens on the first start. */
import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '../../base/result'
import { projectSuffix } from '../services/workspace'
import { run, type Surroundings } from './run'

interface SampleRuns {
  readonly recipe: string
  readonly arms: readonly string[]
  /** Changes to the recipe's smoke scale; checkpoints are log-spaced, because most happens early. */
  readonly set: Readonly<Record<string, string>>
}

/** By name of the project. Arms of a recipe lie side by side, so that there is something to compare. */
const sampleRuns: Readonly<Record<string, SampleRuns>> = {
  'corrupted-addition': { recipe: 'doshi-2023', arms: ['base', 'weight-decay'], set: { checkpointCount: '22' } },
  // Two narrow heads a layer, for something to compare; the recipe's smoke scale has one.
  induction: {
    recipe: 'olsson-2022',
    arms: ['two-layer', 'one-layer'],
    set: { checkpointCount: '13', n_heads: '2', d_head: '16', steps: '400' },
  },
  'modular-addition': { recipe: 'nanda-2023', arms: ['base', 'no-decay'], set: { checkpointCount: '11' } },
}

export async function sample(out: string, surroundings: Surroundings): Promise<number> {
  const chosen = sampleRuns[basename(out, projectSuffix)]
  if (!chosen) {
    const known = Object.keys(sampleRuns).map((name) => name + projectSuffix).join(', ')
    throw new AppError({ code: 'ARGUMENTS_INVALID', message: `'${basename(out)}' is no sample; expected one of ${known}` })
  }
  if (existsSync(out)) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `'${out}' exists; remove it first` })
  const code = await run(
    {
      command: 'run',
      recipe: chosen.recipe,
      spec: undefined,
      scale: 'smoke',
      arms: chosen.arms,
      seeds: [1],
      set: { checkpointSpacing: 'log', ...chosen.set },
      out,
      project: out,
      isRecorded: false,
      backend: undefined,
      trainers: undefined,
      output: 'bar',
    },
    surroundings,
  )
  const megabytes = (statSync(out).size / 2 ** 20).toFixed(1)
  surroundings.console.say(`${out}: ${megabytes} MB`, { event: 'sample', sizeBytes: statSync(out).size })
  return code
}
