/**
 * Who may talk to the served workbench.
 *
 * The server listens on loopback, which every program and every page in a browser of this machine can reach, so:
 * 1. The printed address carries a random token in its fragment, which no log and no referrer sees. The entry page
 *    posts it once and receives a cookie that scripts cannot read and other sites cannot send.
 * 2. The cookie's name is this instance's own, because cookies do not tell ports apart.
 * 3. The Host header has to name loopback, whatever the port (a tunnel changes it); a rebound DNS name does not.
 * 4. Whatever changes something or opens a socket has to come from a page of this very origin.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../base/time'

const tokenBytes = 32
const attemptsPerMinute = 20

export interface Access {
  /** 256 random bits, base64url: what the printed address carries. */
  readonly token: string
  readonly cookieName: string
  /** The cookie that admits, when the token is right; `refused` when it is wrong, `throttled` after too many wrong ones. */
  exchange(token: string): { readonly setCookie: string } | 'refused' | 'throttled'
  isAdmitted(headers: IncomingHttpHeaders): boolean
}

export function createAccess(clock: Clock): Access {
  const token = randomBytes(tokenBytes).toString('base64url')
  const session = randomBytes(tokenBytes).toString('base64url')
  const cookieName = `grokscope-${randomBytes(6).toString('hex')}`
  let failedAtMs: number[] = []

  return {
    token,
    cookieName,
    exchange(offered) {
      const sinceMs = clock.tickMs() - 60_000
      failedAtMs = failedAtMs.filter((atMs) => atMs > sinceMs)
      if (failedAtMs.length >= attemptsPerMinute) return 'throttled'
      if (!isSameSecret(offered, token)) {
        failedAtMs.push(clock.tickMs())
        return 'refused'
      }
      return { setCookie: `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict` }
    },
    isAdmitted(headers) {
      const offered = cookiesOf(headers.cookie ?? '').get(cookieName)
      return offered !== undefined && isSameSecret(offered, session)
    },
  }
}

/** Compares digests, so that neither the time taken nor the length tells how much of a guess is right. */
function isSameSecret(offered: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(offered), digest(secret))
}

function cookiesOf(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(';').map((part) => part.trim().split('='))
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]))
}

const ownNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/** Whether the Host header names this machine itself, on any port. */
export function isOwnHost(host: string | undefined): boolean {
  const name = /^(\[[\da-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]
  return name !== undefined && ownNames.includes(name.toLowerCase())
}

/** Whether the request comes from a page that this host, by the name and port it was asked under, has served. */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return isOwnHost(host) && origin === `http://${host}`
}
