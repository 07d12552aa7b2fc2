/** The application menu. Undo, redo and the palette belong to the page, which sees its keys first. */
import { Menu, type MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  openProject(): void
  newWindow(): void
  openHelp(url: string): void
}

const sourceAddress = 'https://arxiv.org/abs/2310.13061'

export function menuTemplate(actions: MenuActions, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const file: MenuItemConstructorOptions[] = [
    { label: 'New window', accelerator: 'CmdOrCtrl+Shift+N', click: actions.newWindow },
    { label: 'Open project…', accelerator: 'CmdOrCtrl+O', click: actions.openProject },
    { type: 'separator' },
    isMac ? { role: 'close' } : { role: 'quit' },
  ]
  const view: MenuItemConstructorOptions[] = [
    { role: 'reload' },
    { type: 'separator' },
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
    { role: 'toggleDevTools' },
  ]
  return [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    { label: 'File', submenu: file },
    { label: 'Edit', submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] },
    { label: 'View', submenu: view },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [{ label: 'The paper behind the sample', click: () => actions.openHelp(sourceAddress) }, { role: 'about' }],
    },
  ]
}

export function showMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, process.platform)))
}
