/**
 * What no page in this application may do, whatever it contains: leave its origin, open windows, embed web views, be
 * granted permissions, or reach the network. Set on the application, so that no window can be made without it.
 */
import { app, dialog, shell, type Session, type WebContents } from 'electron'
import { appOrigin, isOwnUrl } from './app-scheme'

/** Papers and sources that the help pages and recipes link; other https addresses are asked about first. */
const knownHosts = ['arxiv.org', 'doi.org', 'github.com']

/** Locks every page that is ever made. */
export function lockDownPages(): void {
  app.on('web-contents-created', (_event, contents) => lockDownPage(contents))
}

function lockDownPage(contents: WebContents): void {
  contents.setWindowOpenHandler(({ url }) => {
    void openOutside(url)
    return { action: 'deny' }
  })
  const stayHome = (event: { preventDefault(): void; readonly url: string }): void => {
    if (!isOwnUrl(event.url)) event.preventDefault()
  }
  contents.on('will-navigate', stayHome)
  contents.on('will-redirect', stayHome)
  contents.on('will-frame-navigate', stayHome)
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Locks what pages of a session may be granted and fetch; beside their own origin only what begins with `moreAddresses`. */
export function lockDownSession(session: Session, moreAddresses: readonly string[] = []): void {
  // Copying a figure is the one thing a page asks for that it may have.
  const isGranted = (permission: string, origin: string): boolean =>
    permission === 'clipboard-sanitized-write' && isOwnUrl(origin)
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(isGranted(permission, contents.getURL()))
  })
  session.setPermissionCheckHandler((_contents, permission, origin) => isGranted(permission, origin))
  session.setDevicePermissionHandler(() => false)
  const allowed = [`${appOrigin}/`, 'blob:', 'data:', 'devtools:', ...moreAddresses]
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !allowed.some((start) => url.startsWith(start)) })
  })
}

/** Hands an https link to the person's browser; anything else is dropped. */
export async function openOutside(url: string): Promise<void> {
  const link = URL.parse(url)
  if (link?.protocol !== 'https:' || link.username !== '' || link.password !== '') return
  const isKnown = knownHosts.some((host) => link.hostname === host || link.hostname.endsWith(`.${host}`))
  if (!isKnown) {
    const { response } = await dialog.showMessageBox({
      type: 'question',
      message: `Open ${link.hostname} in the browser?`,
      detail: link.href,
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    })
    if (response !== 0) return
  }
  await shell.openExternal(link.href)
}
