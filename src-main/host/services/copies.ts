import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, unwrap } from '../../base/result'
import type { ServiceOf } from '../../contract/rpc'
import type { copies as namespace } from '../../contract/copies'
import type { Store } from '../store/store'
import type { Ask } from './asking'
import type { RunChanges } from './changes'
import { findRun } from './runs'

export interface CopiesOptions {
  readonly store: () => Store
  readonly ask: Ask
  readonly changes: RunChanges
  /** Where exports go when nobody is asked. */
  readonly folder: string
  /** resources/export. */
  readonly scripts: string
  /** A native dialog for a folder; absent where the shell has none. */
  readonly choose?: ((folder: string) => Promise<string | undefined>) | undefined
}

export const exportScripts = ['load_grokscope.py', 'grokscope_network.py'] as const

export function createCopiesService({ store, ask, changes, folder, scripts, choose }: CopiesOptions): ServiceOf<typeof namespace> {
  return {
    steps: (at, { signal }) => ask(at, (client, key) => client.copies.steps({ key }, { signal })),
    async saveProcessed({ runId, step, steps, name }, { signal }) {
      const project = store()
      const { madeWith, tags } = unwrap(findRun(project, runId))
      const made = await ask({ runId, step }, (client, key) => client.copies.process({ key, steps }, { signal }))
      const { state, spec, how, largestDifference } = made
      const child = project.runs.create({ name, spec, tags, madeWith, parent: { runId, step, how }, lastStep: 0 })
      unwrap(project.checkpoints.write(child.id, state, { keepOptimizerState: false }))
      project.runs.change(child.id, { state: 'finished' })
      changes.changed(child.id)
      return { runId: child.id, largestDifference }
    },
    async export({ runId, step }, { signal }) {
      const { name } = unwrap(findRun(store(), runId))
      const title = `${name.replaceAll(/[^\w .-]/g, '-').slice(0, 80)} step ${step}`
      const parent = choose ? await choose(folder) : join(folder, 'exports')
      if (parent === undefined) return {}
      const { tensors, config } = await ask({ runId, step }, (client, key) => client.copies.export({ key }, { signal }))
      const target = join(parent, title)
      try {
        mkdirSync(target, { recursive: true })
        writeFileSync(join(target, 'model.safetensors'), tensors)
        writeFileSync(join(target, 'config.json'), config)
        for (const script of exportScripts) copyFileSync(join(scripts, script), join(target, script))
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown)
        throw new AppError({ code: 'ACTION_UNAVAILABLE', message: `'${title}' cannot be written: ${reason}` }, { cause: thrown })
      }
      return { folder: target }
    },
  }
}
