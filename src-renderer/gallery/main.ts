/**
 * A page of every widget and chart in each state, or with `?view=neurons&state=full&theme=light` a view over
 * its fixtures. Served by the development server alone; no build contains it.
 */
import { createPinia } from 'pinia'
import { createApp, type App } from 'vue'
import '../theme/base.css'
import { createFixtureClient } from '../client/fixture'
import { provideClient } from '../client/use-client'
import { useSelection } from '../workbench/selection'
import { findView, type ViewFixtures } from '../workbench/view'
import Gallery from './Gallery.vue'
import ViewStage from './ViewStage.vue'

const fixtures = import.meta.glob<{ readonly default: ViewFixtures }>('../views/*/fixtures.ts')
const query = new URLSearchParams(location.search)

async function open(): Promise<App> {
  const view = findView(query.get('view') ?? '')
  const load = view && fixtures[`../views/${view.id}/fixtures.ts`]
  if (!view || !load) return createApp(Gallery)
  document.documentElement.dataset['theme'] = query.get('theme') ?? 'dark'
  const { default: states } = await load()
  const state = states[(query.get('state') ?? 'full') as keyof ViewFixtures] ?? states.full
  const app = createApp(ViewStage, { view })
  app.use(createPinia())
  provideClient(app, createFixtureClient(state.answers))
  useSelection().select(state.selection ?? {})
  return app
}

void open().then((app) => app.mount('#gallery'))
