/** Every widget in its states; `held` keeps what a person sets while the page is open. */
import { h, reactive, type VNodeArrayChildren, type VNodeChild } from 'vue'
import Button from '../widgets/Button.vue'
import Checkbox from '../widgets/Checkbox.vue'
import DataTable from '../widgets/DataTable.vue'
import Dialog from '../widgets/Dialog.vue'
import EmptyState from '../widgets/EmptyState.vue'
import ErrorState from '../widgets/ErrorState.vue'
import Icon from '../widgets/Icon.vue'
import IconButton from '../widgets/IconButton.vue'
import { icons, type IconName } from '../widgets/icons'
import KeyValue from '../widgets/KeyValue.vue'
import Menu from '../widgets/Menu.vue'
import NumberField from '../widgets/NumberField.vue'
import Panel from '../widgets/Panel.vue'
import PendingState from '../widgets/PendingState.vue'
import Popover from '../widgets/Popover.vue'
import ProgressBar from '../widgets/ProgressBar.vue'
import Select from '../widgets/Select.vue'
import SettingField from '../widgets/SettingField.vue'
import Slider from '../widgets/Slider.vue'
import Sparkline from '../widgets/Sparkline.vue'
import Switch from '../widgets/Switch.vue'
import type { TableColumn, TableSort } from '../widgets/table-column'
import Tabs from '../widgets/Tabs.vue'
import Tag from '../widgets/Tag.vue'
import TextField from '../widgets/TextField.vue'
import Toast from '../widgets/Toast.vue'
import Tooltip from '../widgets/Tooltip.vue'
import type { GalleryEntry } from './entry'

const held = reactive({
  order: 'ipr-ascending',
  amount: 0.01,
  count: 310,
  isOn: true,
  isOff: false,
  tab: 'curves',
  text: 'no weight decay',
  dialog: false,
  popover: false,
  selected: 3 as number | undefined,
  sort: { column: 'ipr', isDescending: true } as TableSort | undefined,
  setting: 15 as number | string | boolean,
  activation: 'quadratic' as number | string | boolean,
  batchNorm: false as number | string | boolean,
})

/** Props of a two-way binding to one field of `held`. */
function bound<Key extends keyof typeof held>(key: Key, prop = 'modelValue'): Record<string, unknown> {
  return { [prop]: held[key], [`onUpdate:${prop}`]: (value: (typeof held)[Key]) => (held[key] = value) }
}

// Props bound by name are checked when the component runs; the casts below stand for that.
const bind = (...parts: readonly object[]): never => Object.assign({}, ...parts) as never
const row = (...children: VNodeArrayChildren): VNodeChild => h('div', { class: 'gallery-row' }, children)

const orders = [
  { value: 'ipr-ascending', title: 'Lowest IPR first' },
  { value: 'random', title: 'In random order' },
]
const menu = [
  { id: 'png', title: 'Export PNG', icon: 'download', shortcut: 'Ctrl+E' },
  { id: 'svg', title: 'Export SVG', icon: 'download' },
  { id: 'pin', title: 'Pin at step 460', isChecked: true, startsGroup: true },
  { id: 'patch', title: 'Patch heads', reason: 'this model has no attention' },
  { id: 'remove', title: 'Remove run', icon: 'trash', isDanger: true, startsGroup: true },
] as const
const rows = Array.from({ length: 20_000 }, (_, i) => i)
const ipr = Float32Array.from(rows, (i) => (Math.sin(i * 12.9898) * 43758.5453) % 1 ** 2)
const columns: readonly TableColumn[] = [
  { id: 'out', title: 'Out', kind: 'check', width: 40, grow: 0, value: (i) => Number(i % 3 === 0) },
  { id: 'index', title: 'Neuron', kind: 'number', width: 64, value: (i) => i },
  {
    id: 'role',
    title: 'Role',
    kind: 'text',
    width: 120,
    value: (i) => (ipr[i]! > 0.5 ? 'generalizing' : 'memorizing'),
  },
  {
    id: 'ipr',
    title: 'IPR',
    kind: 'number',
    width: 60,
    value: (i) => Math.abs(ipr[i]!),
    help: 'Inverse participation ratio',
  },
]
const failure = {
  code: 'CHECKPOINT_NOT_FOUND',
  message: 'run no-weight-decay has no checkpoint at step 455; nearest: 440, 460, 480',
}
const curve = (middle: number): Float64Array =>
  Float64Array.from({ length: 60 }, (_, i) => 1 / (1 + Math.exp((middle - i) / 3)))
const words = (text: string) => ({ default: () => text })

export const widgetEntries: readonly GalleryEntry[] = [
  {
    name: 'Button',
    states: {
      kinds: () =>
        row(
          ...(['plain', 'primary', 'danger', 'quiet'] as const).map((kind) =>
            h(Button, { kind }, words(kind)),
          ),
          h(Button, { icon: 'save' }, words('with an icon')),
        ),
      pressed: () =>
        row(
          h(Button, { pressed: true }, words('pressed')),
          h(Button, { pressed: false }, words('not pressed')),
        ),
      unavailable: () => h(Button, { reason: 'this model has no attention' }, words('Patch heads')),
    },
  },
  {
    name: 'IconButton',
    states: {
      plain: () =>
        row(
          h(IconButton, { icon: 'undo', label: 'Undo', shortcut: 'Mod+Z' }),
          h(IconButton, { icon: 'pin', label: 'Pin', pressed: true }),
        ),
      unavailable: () => h(IconButton, { icon: 'redo', label: 'Redo', reason: 'nothing to redo' }),
    },
  },
  {
    name: 'Icon',
    states: {
      all: () =>
        row(
          ...(Object.keys(icons) as IconName[]).map((name) => h('span', { title: name }, h(Icon, { name }))),
        ),
    },
  },
  {
    name: 'Select',
    states: {
      plain: () => h(Select, bind({ label: 'Order', choices: orders, isLabelShown: true }, bound('order'))),
      invalid: () => h(Select, bind({ label: 'Order', choices: orders, invalid: true }, bound('order'))),
    },
  },
  {
    name: 'NumberField',
    states: {
      plain: () =>
        h(NumberField, bind({ label: 'Learning rate', isLabelShown: true, min: 0 }, bound('amount'))),
      unit: () =>
        h(
          NumberField,
          bind({ label: 'Removed', isInteger: true, unit: 'neurons', min: 0, max: 500 }, bound('count')),
        ),
      invalid: () => h(NumberField, bind({ label: 'Learning rate', invalid: true }, bound('amount'))),
    },
  },
  {
    name: 'Slider',
    states: {
      plain: () =>
        row(h(Slider, bind({ label: 'Neurons removed', max: 500 }, bound('count'))), String(held.count)),
      disabled: () => h(Slider, bind({ label: 'Neurons removed', disabled: true, max: 500 }, bound('count'))),
    },
  },
  {
    name: 'Checkbox',
    states: {
      on: () => h(Checkbox, bind({ label: 'Log axis' }, bound('isOn'))),
      off: () => h(Checkbox, bind({ label: 'Log axis' }, bound('isOff'))),
      disabled: () => h(Checkbox, bind({ label: 'Log axis', disabled: true }, bound('isOn'))),
    },
  },
  {
    name: 'Switch',
    states: {
      on: () => h(Switch, bind({ label: 'BatchNorm' }, bound('isOn'))),
      off: () => h(Switch, bind({ label: 'BatchNorm' }, bound('isOff'))),
      disabled: () => h(Switch, bind({ label: 'BatchNorm', disabled: true }, bound('isOff'))),
    },
  },
  {
    name: 'Tabs',
    states: {
      plain: () =>
        h(
          Tabs,
          bind(
            {
              label: 'Pictures',
              tabs: [
                { id: 'curves', title: 'Curves' },
                { id: 'phases', title: 'Phases', count: 3 },
              ],
            },
            bound('tab'),
          ),
          {
            curves: () => 'Curves by split',
            phases: () => 'Memorization, circuit formation, cleanup',
          } as never,
        ),
    },
  },
  {
    name: 'TextField',
    states: {
      plain: () => h(TextField, bind({ label: 'Name', isLabelShown: true }, bound('text'))),
      search: () =>
        h(TextField, { label: 'Search runs', icon: 'search', placeholder: 'Search runs', modelValue: '' }),
      invalid: () => h(TextField, bind({ label: 'Name', invalid: true }, bound('text'))),
    },
  },
  {
    name: 'Dialog',
    states: {
      closed: () =>
        row(
          h(Button, { onPress: () => (held.dialog = true) }, words('Open the dialogue')),
          h(
            Dialog,
            bind(
              { title: 'Save as checkpoint', description: 'Stores the network as a new run.', size: 'small' },
              bound('dialog', 'open'),
            ),
            {
              default: () => h(TextField, bind({ label: 'Name', isLabelShown: true }, bound('text'))),
              actions: () =>
                h(Button, { kind: 'primary', onPress: () => (held.dialog = false) }, words('Save')),
            },
          ),
        ),
    },
  },
  {
    name: 'Menu',
    states: {
      dropdown: () =>
        h(
          Menu,
          { items: menu, label: 'Run' },
          { default: () => h(IconButton, { icon: 'more', label: 'Menu' }) },
        ),
      context: () =>
        h(
          Menu,
          { items: menu, kind: 'context' },
          { default: () => h('div', { class: 'gallery-area' }, 'Right click here') },
        ),
    },
  },
  {
    name: 'Popover',
    states: {
      closed: () =>
        h(Popover, bind({ title: 'How was this computed' }, bound('popover', 'open')), {
          default: () => h(Button, { onPress: () => (held.popover = !held.popover) }, words('Open')),
          content: () => 'Accuracies after removing the first k neurons of the order.',
        }),
    },
  },
  {
    name: 'Tooltip',
    states: {
      plain: () =>
        h(
          Tooltip,
          { text: 'Inverse participation ratio' },
          { default: () => h(Button, null, words('Hover or focus')) },
        ),
    },
  },
  {
    name: 'Toast',
    states: {
      all: () =>
        h(Toast, {
          messages: [
            { id: '1', title: 'Saved “without 310 neurons”', tone: 'ok', action: 'Show' },
            { id: '2', title: failure.message, text: failure.code, tone: 'danger', action: 'What to do' },
          ],
        }),
    },
  },
  {
    name: 'ProgressBar',
    states: {
      part: () => h(ProgressBar, { label: 'Training', value: 310, max: 500 }),
      none: () => h(ProgressBar, { label: 'Training', value: 0 }),
      unknown: () => h(ProgressBar, { label: 'Training' }),
    },
  },
  {
    name: 'Tag',
    states: {
      colours: () =>
        row(
          ...['train', 'test', 'clean', 'corrupted', 'ablated', 'true-label', 'random'].map((colour) =>
            h(Tag, { colour }, words(colour)),
          ),
        ),
      tones: () =>
        row(
          ...(['plain', 'ok', 'warn', 'danger'] as const).map((tone) => h(Tag, { tone }, words(tone))),
          h(Tag, { removable: 'Remove tag' }, words('removable')),
        ),
    },
  },
  {
    name: 'EmptyState',
    states: {
      plain: () =>
        h(
          EmptyState,
          {
            title: 'No run selected',
            text: 'Select a run in the library, or start one from a recipe.',
            icon: 'neurons',
          },
          { default: () => h(Button, { kind: 'primary' }, words('New run')) },
        ),
    },
  },
  {
    name: 'ErrorState',
    states: {
      plain: () => h(ErrorState, { error: failure }),
      retry: () => h(ErrorState, { error: failure, canRetry: true }),
    },
  },
  {
    name: 'PendingState',
    states: {
      unknown: () => h(PendingState, { title: 'Measuring neurons' }),
      part: () => h(PendingState, { title: 'Measuring neurons', value: 0.4 }),
    },
  },
  {
    name: 'Panel',
    height: 140,
    states: {
      full: () =>
        h(
          Panel,
          { title: 'Neurons by participation ratio', subtitle: 'hidden, 500 neurons', menu },
          { default: () => 'Body', foot: () => '349 below 0.15 memorize · 127 from 0.5 generalize' },
        ),
      busy: () =>
        h(
          Panel,
          {
            title: 'A title too long for the narrow panel that it stands in, cut with an ellipsis',
            subtitle: 'subtitle',
            isBusy: true,
            menu,
          },
          words('Body'),
        ),
    },
  },
  {
    name: 'KeyValue',
    states: {
      plain: () =>
        h(KeyValue, {
          items: [
            { name: 'Role', value: 'generalizing', colour: 'clean' },
            { name: 'IPR', value: '0.914', exact: '0.91402346' },
            { name: 'Phase a, b, out', value: '0.21, −1.07, −0.86' },
          ],
        }),
    },
  },
  {
    name: 'DataTable',
    height: 240,
    states: {
      'twenty thousand rows': () =>
        h(
          DataTable,
          bind(
            { label: 'Neurons', columns, rows, rowTone: (i: number) => (i % 3 === 0 ? 'gone' : undefined) },
            bound('selected', 'selected'),
            bound('sort', 'sort'),
          ),
        ),
      empty: () => h(DataTable, { label: 'Neurons', columns, rows: [] }),
    },
  },
  {
    name: 'SettingField',
    states: {
      number: () =>
        h(
          SettingField,
          bind(
            {
              field: {
                kind: 'number',
                title: 'Weight decay',
                help: 'Decoupled; larger values forget corrupted labels sooner.',
                default: 0,
                min: 0,
                max: 50,
              },
            },
            bound('setting'),
          ),
        ),
      choice: () =>
        h(
          SettingField,
          bind(
            {
              field: {
                kind: 'choice',
                title: 'Activation',
                help: 'Applied to the hidden layer.',
                default: 'quadratic',
                choices: ['quadratic', 'relu', 'gelu'],
              },
            },
            bound('activation'),
          ),
        ),
      boolean: () =>
        h(
          SettingField,
          bind(
            { field: { kind: 'boolean', title: 'BatchNorm', help: 'After the activation.', default: false } },
            bound('batchNorm'),
          ),
        ),
      complaint: () =>
        h(
          SettingField,
          bind(
            {
              field: {
                kind: 'integer',
                title: 'Modulus',
                help: 'A prime makes division total.',
                default: 97,
                min: 2,
              },
              complaint: 'p is 1; expected an integer of at least 2',
            },
            { modelValue: 1 },
          ),
        ),
    },
  },
  {
    name: 'Sparkline',
    states: {
      plain: () =>
        h(Sparkline, {
          label: 'Train 0.979, test 0.984',
          lines: [
            { values: curve(12), colour: 'train' },
            { values: curve(34), colour: 'test' },
          ],
        }),
    },
  },
]
