import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../base/result'
import { protocolVersion, type Finding, type Status, type system as namespace } from '../../contract/system'
import type { ServiceOf } from '../../contract/rpc'
import type { Supervisor } from '../compute/supervisor'
import { createThrottle, untilLeft } from './following'

export interface SystemOptions {
  readonly supervisor: Supervisor
  readonly version: string
  readonly shell: 'electron' | 'served'
  readonly abilities: { readonly dialogs: boolean; readonly pdf: boolean }
  /** resources/docs. */
  readonly docs: string
  findings(): Promise<readonly Finding[]>
}

const statusEveryMs = 250

export function createSystemService(options: SystemOptions): ServiceOf<typeof namespace> {
  const { supervisor, version, shell, abilities, docs, findings } = options

  function status(): Status {
    const { state, backend, memoryBytes, lastFailure } = supervisor.status()
    return {
      ...(backend && { backend }),
      compute: state,
      memoryBytes: { main: process.memoryUsage.rss(), compute: memoryBytes },
      ...(lastFailure && { lastFailure }),
    }
  }

  return {
    hello({ protocol }) {
      if (protocol !== protocolVersion) {
        const message = `the window speaks protocol ${protocol}, this program ${protocolVersion}; reload the window`
        throw new AppError({ code: 'ACTION_UNAVAILABLE', message })
      }
      return { version, protocol: protocolVersion, shell, abilities, platform: process.platform }
    },
    doctor: async () => [...(await findings())],
    async status(_args, ctx) {
      const send = (): void => void ctx.emit(status())
      const throttle = createThrottle(statusEveryMs, send)
      send()
      await untilLeft(ctx, supervisor.onStatus(throttle.request), throttle)
    },
    page({ name }) {
      // The schema admits word characters and dashes with one slash, so the path stays below docs.
      const path = join(docs, `${name}.md`)
      if (existsSync(path)) return { markdown: readFileSync(path, 'utf8') }
      const message = `no help page '${name}'; pages are ${pageNames(docs).join(', ')}`
      throw new AppError({ code: 'FILE_UNREADABLE', message })
    },
    pages: () => pageNames(docs).map((name) => ({ name, title: titleOf(join(docs, `${name}.md`)) ?? name })),
  }
}

function pageNames(docs: string): readonly string[] {
  if (!existsSync(docs)) return []
  const files = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  return files
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /^[\w-]+(\/[\w-]+)?\.md$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort()
}

function titleOf(path: string): string | undefined {
  return /^#\s+(.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
}
