/**
 * What every answer to a page carries, in the served workbench and under `app:` alike.
 * Scripts come from the built renderer only: none inline, none evaluated. Styles may be inline, because the charts and
 * the docking layout position things by them. The two cross-origin policies together allow shared memory in workers.
 */
const policy: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
}

/** The content security policy, with more sources for development's reloading socket. */
export function contentPolicy(moreConnections: readonly string[] = []): string {
  const parts = Object.entries(policy).map(([directive, sources]) => {
    return `${directive} ${directive === 'connect-src' ? [sources, ...moreConnections].join(' ') : sources}`
  })
  return parts.join('; ')
}

export function securityHeaders(moreConnections?: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentPolicy(moreConnections),
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}
