/** Every rule of the served workbench, against a real server over real sockets. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { filesUnder } from '@main/host/serve/renderer-files'
import { startServer, type WorkbenchServer, type WorkbenchServerOptions } from '@main/host/serve/server'

const folder = mkdtempSync(join(tmpdir(), 'grokscope-serve-'))
const root = join(folder, 'renderer')
const open: WorkbenchServer[] = []
const failures: unknown[] = []

beforeAll(() => {
  mkdirSync(join(root, 'assets'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<title>workbench</title>')
  writeFileSync(join(root, 'assets', 'main.js'), 'export {}')
  writeFileSync(join(root, '.sources'), 'hidden')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(root, 'link.txt'))
})
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
  failures.length = 0
})
afterAll(() => rmSync(folder, { recursive: true }))

async function start(options: Partial<WorkbenchServerOptions> = {}): Promise<WorkbenchServer> {
  const server = await startServer({
    files: filesUnder(root),
    onSocket: (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    onFailure: (error) => failures.push(error),
    port: 0,
    ...options,
  })
  open.push(server)
  return server
}

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request with exactly this path: unlike fetch, nothing is normalized on the way. */
function ask(server: WorkbenchServer, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() })
      })
    })
    request.end(body)
  })
}

const originOf = (server: WorkbenchServer): string => `http://127.0.0.1:${server.port}`
const tokenOf = (server: WorkbenchServer): string => new URL(server.address).hash.replace('#token=', '')

function offerToken(server: WorkbenchServer, token: string, headers: Asked['headers'] = {}): Promise<Reply> {
  const body = JSON.stringify({ token })
  return ask(server, '/session', { method: 'POST', headers: { origin: originOf(server), ...headers }, body })
}

/** The Cookie header of a browser that has entered. */
async function enter(server: WorkbenchServer): Promise<string> {
  const { headers } = await offerToken(server, tokenOf(server))
  return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
}

/** `open`, or the status the upgrade was refused with. */
function upgrade(server: WorkbenchServer, headers: Readonly<Record<string, string>>, path = '/rpc'): Promise<WebSocket | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
  })
}

async function openSocket(server: WorkbenchServer): Promise<WebSocket> {
  const socket = await upgrade(server, { cookie: await enter(server), origin: originOf(server) })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

const closeOf = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve))

describe('the address', () => {
  test('names loopback and carries at least 192 random bits in its fragment', async () => {
    const [first, second] = [await start(), await start()]

    expect(new URL(first.address).hostname).toBe('127.0.0.1')
    expect(Buffer.from(tokenOf(first), 'base64url').length * 8).toBeGreaterThanOrEqual(192)
    expect(tokenOf(first)).not.toBe(tokenOf(second))
  })

  test('the server cannot be reached on any other interface', async () => {
    const server = await start()
    const others = Object.values(networkInterfaces()).flat().filter((address) => address && !address.internal)
    const outcomes = others.map((address) => {
      return new Promise((resolve) => {
        const socket = connect(server.port, address!.address, () => resolve('connected'))
        socket.on('error', () => resolve('refused'))
      })
    })

    expect(await Promise.all([...outcomes, 'refused'])).not.toContain('connected')
  })

  test('a port in use is an error that says so', async () => {
    const server = await start()

    await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('the token', () => {
  test('without a session the root is the entry page and everything else is refused', async () => {
    const server = await start()
    const root = await ask(server, '/')

    expect({ status: root.status, isEntry: root.body.includes('/entry.js') }).toEqual({ status: 200, isEntry: true })
    expect((await ask(server, '/index.html')).status).toBe(401)
    expect((await ask(server, '/assets/main.js')).status).toBe(401)
    expect((await ask(server, '/session')).status).toBe(401)
  })

  test('the right one is traded for a cookie that scripts cannot read and other sites cannot send', async () => {
    const server = await start()
    const reply = await offerToken(server, tokenOf(server))

    expect(reply.status).toBe(204)
    expect(reply.headers['set-cookie']).toEqual([
      expect.stringMatching(/^grokscope-[\da-f]{12}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ])
    expect(reply.headers['set-cookie']?.[0]).not.toContain(tokenOf(server))
  })

  test('the cookie admits to the renderer', async () => {
    const server = await start()
    const cookie = await enter(server)

    expect((await ask(server, '/', { headers: { cookie } })).body).toBe('<title>workbench</title>')
    expect((await ask(server, '/session', { headers: { cookie } })).status).toBe(204)
  })

  test.each(['', 'wrong', '{"token":1}'])('the wrong token %j is refused', async (token) => {
    const server = await start()

    expect((await offerToken(server, token)).status).toBe(403)
  })

  test('a body that is not JSON is refused', async () => {
    const server = await start()
    const asked = { method: 'POST', headers: { origin: originOf(server) }, body: 'null' }

    expect((await ask(server, '/session', asked)).status).toBe(403)
    expect((await ask(server, '/session', { ...asked, body: '[[' })).status).toBe(403)
  })

  test('a changed cookie, or that of another instance, admits nobody', async () => {
    const [first, second] = [await start(), await start()]
    const cookie = await enter(first)

    expect((await ask(first, '/index.html', { headers: { cookie: `${cookie}x` } })).status).toBe(401)
    expect((await ask(second, '/index.html', { headers: { cookie } })).status).toBe(401)
    expect((await enter(second)).split('=')[0]).not.toBe(cookie.split('=')[0])
  })

  test('after twenty wrong tokens within a minute even the right one has to wait', async () => {
    let nowMs = 0
    const server = await start({ clock: { nowMs: () => nowMs, tickMs: () => nowMs } })
    for (let i = 0; i < 20; i++) await offerToken(server, 'wrong')

    expect((await offerToken(server, tokenOf(server))).status).toBe(429)
    nowMs = 61_000
    expect((await offerToken(server, tokenOf(server))).status).toBe(204)
  })

  test('a body longer than a token needs is refused', async () => {
    const server = await start()

    expect((await offerToken(server, 'x'.repeat(5000))).status).toBe(413)
  })

  test('the token dies with its server', async () => {
    const first = await start()
    const cookie = await enter(first)
    await first.close()
    const second = await start({ port: first.port })

    expect((await ask(second, '/index.html', { headers: { cookie } })).status).toBe(401)
    expect((await offerToken(second, tokenOf(first))).status).toBe(403)
  })
})

describe('Host and Origin', () => {
  test.each(['127.0.0.1:9000', 'localhost:1', 'localhost', '[::1]:80'])('a tunnel may ask as %s', async (host) => {
    const server = await start()

    expect((await ask(server, '/health', { headers: { host } })).status).toBe(200)
  })

  test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '127.0.0.1:x', '0.0.0.0'])(
    'a request to the name %j is misdirected',
    async (host) => {
      const server = await start()

      expect((await ask(server, '/health', { headers: { host } })).status).toBe(421)
    },
  )

  test('a request that names no host is misdirected', async () => {
    const server = await start()
    const answer = new Promise((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET /health HTTP/1.0\r\n\r\n'))
      socket.once('data', (data) => resolve(String(data).split('\r\n')[0]))
    })

    expect(await answer).toBe('HTTP/1.1 421 Misdirected Request')
  })

  test('a token offered through a tunnel under the tunnel’s own port is taken', async () => {
    const server = await start()
    const headers = { host: 'localhost:9000', origin: 'http://localhost:9000' }

    expect((await offerToken(server, tokenOf(server), headers)).status).toBe(204)
  })

  const foreign = ['http://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost', '']

  test.each(foreign)('a token offered from %j is refused', async (origin) => {
    const server = await start()

    expect((await offerToken(server, tokenOf(server), { origin })).status).toBe(403)
  })

  test.each(foreign)('a socket opened from %j is refused', async (origin) => {
    const server = await start()
    const cookie = await enter(server)

    expect(await upgrade(server, origin ? { cookie, origin } : { cookie })).toBe(403)
  })

  test('a socket without the cookie, to another path, or to another name is refused', async () => {
    const server = await start()
    const [cookie, origin] = [await enter(server), originOf(server)]

    expect(await upgrade(server, { origin })).toBe(401)
    expect(await upgrade(server, { cookie, origin }, '/')).toBe(404)
    expect(await upgrade(server, { cookie, origin: 'http://evil.example', host: 'evil.example' })).toBe(421)
  })
})

describe('files', () => {
  const escapes = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/assets/main.js%00.txt',
    '/%zz',
    '//secret.txt',
    '/assets//main.js',
    '/.sources',
    '/assets/',
    'http://evil.example/index.html',
    '/file:%2f%2f%2fetc/passwd',
  ]

  test.each(escapes)('the path %j is answered 400 or 404 and leaks nothing', async (path) => {
    const server = await start()
    const { status, body } = await ask(server, path, { headers: { cookie: await enter(server) } })

    expect([400, 404]).toContain(status)
    expect(body).not.toContain('secret')
  })

  test('a link out of the folder is not followed', async () => {
    const server = await start()
    const { status, body } = await ask(server, '/link.txt', { headers: { cookie: await enter(server) } })

    expect({ status, body }).toEqual({ status: 404, body: 'not found\n' })
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is not a way to ask', async (method) => {
    const server = await start()
    const cookie = await enter(server)

    expect((await ask(server, '/index.html', { method, headers: { cookie } })).status).toBe(405)
  })

  test('HEAD answers like GET without the body', async () => {
    const server = await start()
    const headers = { cookie: await enter(server) }
    const [got, headed] = [await ask(server, '/', { headers }), await ask(server, '/', { method: 'HEAD', headers })]

    expect(headed.headers['content-length']).toBe(got.headers['content-length'])
    expect(headed.body).toBe('')
  })

  test('hashed assets may be kept, the page itself may not', async () => {
    const server = await start()
    const headers = { cookie: await enter(server) }

    expect((await ask(server, '/assets/main.js', { headers })).headers['cache-control']).toContain('immutable')
    expect((await ask(server, '/', { headers })).headers['cache-control']).toBe('no-store')
  })
})

describe('headers', () => {
  test('every answer forbids sniffing, framing, foreign scripts and cross-origin use', async () => {
    const server = await start()
    const answers = [
      await ask(server, '/'),
      await ask(server, '/', { headers: { cookie: await enter(server) } }),
      await ask(server, '/entry.js'),
      await ask(server, '/missing'),
      await ask(server, '/', { method: 'PUT' }),
      await ask(server, '/', { headers: { host: 'evil.example' } }),
      await offerToken(server, 'wrong'),
    ]

    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
      })
      const policy = headers['content-security-policy'] ?? ''
      expect(policy).toContain("default-src 'none'; script-src 'self'; ")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('the health answer says nothing but that it is there', async () => {
    const server = await start()

    expect((await ask(server, '/health')).body).toBe('ok\n')
  })

  test('a failure inside is reported to the owner and not to the asker', async () => {
    const server = await start({ files: () => Promise.reject(new Error('cannot read /home/someone/file')) })
    const { status, body } = await ask(server, '/', { headers: { cookie: await enter(server) } })

    expect({ status, body }).toEqual({ status: 500, body: 'internal error\n' })
    expect(failures).toEqual([expect.objectContaining({ message: 'cannot read /home/someone/file' })])
  })
})

describe('sockets', () => {
  test('an admitted socket carries messages both ways', async () => {
    const server = await start()
    const socket = await openSocket(server)
    const echo = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('hello')

    expect(await echo).toBe('hello')
  })

  test('a message over the cap closes its socket and leaves the others', async () => {
    const server = await start({ limits: { messageCapBytes: 1000 } })
    const [large, other] = [await openSocket(server), await openSocket(server)]
    large.send(new Uint8Array(1001))

    expect(await closeOf(large)).toBe(1009)
    expect(other.readyState).toBe(WebSocket.OPEN)
  })

  test('a window that stops answering is disconnected', async () => {
    const server = await start({ limits: { pingEveryMs: 20 } })
    const socket = await openSocket(server)
    // A paused socket reads no pings, as one whose machine has gone to sleep.
    socket.pause()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    setTimeout(() => socket.resume(), 200)

    expect(await closed).toBe(1006)
  })

  test('a reader whose backlog passes the cap is disconnected', async () => {
    let serving: WebSocket | undefined
    const server = await start({ limits: { pingEveryMs: 50, backlogCapBytes: 1000 }, onSocket: (s) => (serving = s) })
    const socket = await openSocket(server)
    socket.pause()
    const closed = closeOf(serving!)
    for (let i = 0; i < 64; i++) serving!.send(new Uint8Array(2 ** 20))

    expect(await closed).toBe(1006)
    socket.terminate()
  })

  test('windows beyond the cap are refused until one leaves', async () => {
    const server = await start({ limits: { socketCap: 1 } })
    const headers = { cookie: await enter(server), origin: originOf(server) }
    const first = (await upgrade(server, headers)) as WebSocket

    expect(await upgrade(server, headers)).toBe(503)
    first.close()
    await closeOf(first)
    expect(await upgrade(server, headers)).toBeInstanceOf(WebSocket)
  })

  test('bytes that are no WebSocket frame end that socket only', async () => {
    const server = await start()
    const [broken, other] = [await openSocket(server), await openSocket(server)]
    // The library keeps the stream it writes to under this name.
    ;(broken as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket.write(new Uint8Array(64).fill(0xff))

    expect([1002, 1006]).toContain(await closeOf(broken))
    expect(other.readyState).toBe(WebSocket.OPEN)
  })

  test('stopping the server says goodbye to every window and frees the port', async () => {
    const server = await start()
    const socket = await openSocket(server)
    const closed = closeOf(socket)
    await server.close()

    expect(await closed).toBe(1001)
    await expect(ask(server, '/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
