/** `grokscope sample`: the project that opens on the very first start, trained by this program. */
import { existsSync, statSync } from 'node:fs'
import { AppError } from '../../base/result'
import { run, type Surroundings } from './run'

/** Two arms, so that memorization with and without weight decay lie side by side. */
const arms = ['base', 'weight-decay'] as const
/** Log-spaced, because most happens early; early ones that fall on the same step count once. */
const schedule = { checkpointSpacing: 'log', checkpointCount: '22' } as const

export async function sample(out: string, surroundings: Surroundings): Promise<number> {
  if (existsSync(out)) throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `'${out}' exists; remove it first` })
  const code = await run(
    {
      command: 'run',
      recipe: 'doshi-2023',
      spec: undefined,
      scale: 'smoke',
      arms,
      seeds: [1],
      set: schedule,
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
