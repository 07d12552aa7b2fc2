/** The HTTP half of the served workbench: the entry page, the session, and the renderer's files. Nothing else. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isOwnHost, isOwnOrigin, type Access } from './access'
import { entryPage, entryScript } from './entry-page'
import { securityHeaders } from './headers'
import type { RendererFiles } from './renderer-files'

const bodyCapBytes = 1024

export interface RequestRules {
  readonly access: Access
  readonly files: RendererFiles
  /** Addresses beside its own that a page may connect to; for development. */
  readonly moreConnections?: readonly string[]
  /** Told of failures that the answer does not describe. */
  readonly onFailure: (error: unknown) => void
}

interface Answer {
  readonly status: number
  readonly mime?: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

const text = (status: number, words: string): Answer => ({ status, mime: 'text/plain; charset=utf-8', body: `${words}\n` })

export function answerRequests(rules: RequestRules): RequestListener {
  const headers = securityHeaders(rules.moreConnections)
  return (request, response) => {
    const send = (answer: Answer): void => write(request, response, { ...answer, headers: { ...headers, ...answer.headers } })
    answerOf(request, rules).then(send, (error: unknown) => {
      rules.onFailure(error)
      // The cause may name files of this machine; the asker learns only that it was not its fault.
      if (response.headersSent) response.destroy()
      else send(text(500, 'internal error'))
    })
  }
}

async function answerOf(request: IncomingMessage, { access, files }: RequestRules): Promise<Answer> {
  if (!isOwnHost(request.headers.host)) return text(421, 'this server answers to loopback names only')
  const target = request.url ?? ''
  const path = target.replace(/[?#].*$/s, '')
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  if (path === '/session' && request.method === 'POST') return exchangeToken(request, access)
  if (!isReading) return { ...text(405, 'only GET and HEAD'), headers: { allow: 'GET, HEAD' } }
  if (path === '/health') return text(200, 'ok')
  if (path === '/entry.js') return { status: 200, mime: 'text/javascript; charset=utf-8', body: entryScript }
  if (!access.isAdmitted(request.headers)) {
    return path === '/' ? { status: 200, mime: 'text/html; charset=utf-8', body: entryPage } : text(401, 'no session')
  }
  if (path === '/session') return { status: 204 }
  const { status, mime, body, isImmutable } = await files(target)
  return { status, mime, body, headers: isImmutable ? { 'cache-control': 'private, max-age=31536000, immutable' } : {} }
}

async function exchangeToken(request: IncomingMessage, access: Access): Promise<Answer> {
  if (!isOwnOrigin(request.headers)) return text(403, 'foreign origin')
  const body = await readBody(request)
  if (body === undefined) return { ...text(413, 'body too large'), headers: { connection: 'close' } }
  const outcome = access.exchange(tokenIn(body))
  if (outcome === 'throttled') return { ...text(429, 'too many wrong tokens'), headers: { 'retry-after': '60' } }
  if (outcome === 'refused') return text(403, 'wrong token')
  return { status: 204, headers: { 'set-cookie': outcome.setCookie } }
}

/** The body as text, or undefined when it is longer than a token needs. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bodyCapBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tokenIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    const token = typeof parsed === 'object' && parsed !== null && 'token' in parsed ? parsed.token : ''
    return typeof token === 'string' ? token : ''
  } catch {
    return '' // not JSON: as wrong as any other wrong token
  }
}

function write(request: IncomingMessage, response: ServerResponse, { status, mime, body = '', headers }: Answer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const kind = mime ? { 'content-type': mime, 'content-length': String(bytes.length) } : {}
  response.writeHead(status, { 'cache-control': 'no-store', ...kind, ...headers })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
