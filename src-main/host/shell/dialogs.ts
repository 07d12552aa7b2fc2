/** The system's own dialogs. The page never names a path: it asks for a dialog, and the person names the file. */
import { dialog, type BrowserWindow, type Session } from 'electron'
import type { Failure } from '../../base/result'

const projectFiles = [{ name: 'Grokscope projects', extensions: ['grokscope'] }]

/** The project file a person chose, or undefined when the dialog was dismissed. */
export async function chooseProject(window: BrowserWindow | undefined, folder: string): Promise<string | undefined> {
  const options = { title: 'Open project', defaultPath: folder, filters: projectFiles, properties: ['openFile' as const] }
  const { canceled, filePaths } = window
    ? await dialog.showOpenDialog(window, options)
    : await dialog.showOpenDialog(options)
  return canceled ? undefined : filePaths[0]
}

/** A folder to write into, or undefined when the dialog was dismissed. */
export async function chooseFolder(window: BrowserWindow | undefined, folder: string): Promise<string | undefined> {
  const options = { title: 'Export into', defaultPath: folder, properties: ['openDirectory' as const, 'createDirectory' as const] }
  const { canceled, filePaths } = window
    ? await dialog.showOpenDialog(window, options)
    : await dialog.showOpenDialog(options)
  return canceled ? undefined : filePaths[0]
}

/** Every download of a page (an exported report, a picture) asks where to go, and goes nowhere unasked. */
export function askWhereDownloadsGo(session: Session): void {
  session.on('will-download', (_event, item) => {
    item.setSaveDialogOptions({ title: 'Save', defaultPath: item.getFilename() })
  })
}

export function showFailure(title: string, { code, message }: Failure): void {
  dialog.showErrorBox(title, `${message}\n\n${code}`)
}
