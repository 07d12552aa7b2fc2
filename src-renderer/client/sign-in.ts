/**
 * Exchanges the token of a served workbench for a session cookie. The token stands in the address's fragment, which
 * browsers do not send, and leaves the address before anything else happens.
 * Returns undefined on success or without a token (the cookie may be there already), otherwise what went wrong.
 */
export async function signIn(location: Location, history: History): Promise<string | undefined> {
  const token = /^#token=([\w.~-]+)$/.exec(location.hash)?.[1]
  if (!token) return undefined
  history.replaceState(null, '', location.pathname + location.search)
  const reply = await fetch('session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  return reply.ok ? undefined : `the address carries a token that is not accepted (${reply.status})`
}
