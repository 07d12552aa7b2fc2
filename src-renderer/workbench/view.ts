/**
 * What a view is, and all there are.
 *
 * A view shows one thing as a function of the selection. It is a folder `views/<id>/` whose `index.ts` default-exports
 * `defineView({...})`; nothing else names it: the activity bar, the palette, layouts and the suite of views find it here.
 *
 *   index.ts       the declaration; loads the component on first use
 *   <Name>.vue     draws; gets no props, reads `usePanelSelection()`
 *   use-<id>.ts    thinks: queries, derived values, actions
 *   fixtures.ts    default-exports a ViewFixtures: the four states
 *   <Name>Inspector.vue   optional; shown on the right while a panel of the view is active
 */
import type { Component } from 'vue'
import type { Answers } from '../client/fixture'
import type { IconName } from '../widgets/icons'
import type { SelectionRecord } from './selection'

export interface View {
  /** Equal to the folder's name. */
  readonly id: string
  /** Sentence case; the panel's title and the activity bar's name. */
  readonly title: string
  /** One of widgets/icons.ts. */
  readonly icon: IconName
  readonly place: 'main'
  /** Position in the activity bar, ascending. */
  readonly order: number
  /** Views whose parts this one may import. */
  readonly needs: readonly string[]
  readonly component: () => Promise<{ readonly default: Component }>
  readonly inspector?: () => Promise<{ readonly default: Component }>
}

export function defineView(view: View): View {
  return Object.freeze(view)
}

/** What the main process answers and what is selected in one state of a view. */
export interface ViewState {
  readonly answers: Answers
  readonly selection?: Partial<SelectionRecord>
}

export type ViewFixtures = Readonly<Record<'empty' | 'loading' | 'error' | 'full', ViewState>>

const modules = import.meta.glob<{ readonly default: View }>('../views/*/index.ts', { eager: true })

/** All views in the order of the activity bar. Throws when an id differs from its folder. */
export const views: readonly View[] = Object.entries(modules)
  .map(([path, { default: view }]) => {
    const folder = path.split('/').at(-2)
    if (view?.id !== folder) throw new Error(`invariant broken: view in '${folder}' declares id '${view?.id}'`)
    return view
  })
  .sort((x, y) => x.order - y.order)

export function findView(id: string): View | undefined {
  return views.find((view) => view.id === id)
}
