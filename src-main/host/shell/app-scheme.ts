/**
 * `app://grokscope/`: where the desktop window's page comes from. The scheme is a standard, secure origin of its own, so
 * that the page has a same-origin policy and shared memory, neither of which `file:` gives it.
 */
import { protocol, type Session } from 'electron'
import { securityHeaders } from '../serve/headers'
import type { RendererFiles } from '../serve/renderer-files'

export const appOrigin = 'app://grokscope'

/** Has to run before the application is ready. */
export function declareAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** Answers the scheme in one session from the renderer's files; `moreConnections` is for development's reloading socket. */
export function serveAppScheme(session: Session, files: RendererFiles, moreConnections: readonly string[] = []): void {
  const headers = securityHeaders(moreConnections)
  session.protocol.handle('app', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405, headers })
    if (!isOwnUrl(request.url)) return new Response(null, { status: 404, headers })
    const { status, mime, body } = await files(request.url.slice(appOrigin.length) || '/')
    const isHead = request.method === 'HEAD'
    return new Response(isHead ? null : body, { status, headers: { ...headers, 'content-type': mime } })
  })
}

/** Whether an address is a page or file of the renderer. */
export function isOwnUrl(url: string): boolean {
  return url === appOrigin || url.startsWith(`${appOrigin}/`)
}
