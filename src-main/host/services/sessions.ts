import type { ServiceOf } from '../../contract/rpc'
import type { sessions as namespace } from '../../contract/sessions'
import type { Workspace } from './workspace'

export function createSessionsService({ store }: Workspace): ServiceOf<typeof namespace> {
  return {
    load() {
      const session = store().sessions.load()
      return session === undefined ? {} : { session }
    },
    save({ session }) {
      // A project that cannot be written keeps the layout it came with.
      if (!store().isReadOnly) store().sessions.save(session)
      return {}
    },
    layouts: () => [...store().sessions.layouts()],
    saveLayout({ name, session }) {
      store().sessions.saveLayout(name, session)
      return {}
    },
    removeLayout({ name }) {
      store().sessions.removeLayout(name)
      return {}
    },
  }
}
