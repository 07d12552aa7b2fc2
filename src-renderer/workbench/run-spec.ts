import type { RunSpec } from '@contract/runs'

type SettingValues = RunSpec['schedule']

export interface SettingGroup {
  readonly title: string
  readonly items: readonly { readonly name: string; readonly value: string; readonly exact?: string }[]
}

/** A run's settings as titled lists, in the words the settings are stored under. */
export function settingText(spec: RunSpec): readonly SettingGroup[] {
  const part = (title: string, { id, settings }: { id: string; settings: SettingValues }): SettingGroup => ({
    title: `${title}: ${id}`,
    items: itemsOf(settings),
  })
  return [
    part('Task', spec.task),
    part('Model', spec.model),
    part('Optimizer', spec.optimizer),
    part('Loss', spec.loss),
    { title: 'Schedule', items: itemsOf(spec.schedule) },
  ].filter(({ items, title }) => items.length > 0 || title !== 'Schedule')
}

function itemsOf(settings: SettingValues): SettingGroup['items'] {
  return Object.entries(settings).map(([name, value]) => ({
    name,
    value: typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value),
  }))
}
