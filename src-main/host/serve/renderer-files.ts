/**
 * The built renderer as answers to paths: all that either shell ever serves from the disk.
 * A path is decoded once and has to be plain afterwards; the file it names has to lie, links resolved, in the folder.
 */
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export interface RendererAnswer {
  readonly status: 200 | 400 | 404 | 502
  readonly mime: string
  readonly body: Uint8Array<ArrayBuffer>
  /** True for files whose name changes with their content. */
  readonly isImmutable: boolean
}

/** Answers the path of a URL, with its query, as it was sent, before any decoding. */
export type RendererFiles = (target: string) => Promise<RendererAnswer>

const mimes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

/** The segments of a target's path, `index.html` for the root; undefined for any path that is not plain. */
export function segmentsOf(target: string): readonly string[] | undefined {
  let path: string
  try {
    path = decodeURIComponent(target.replace(/[?#].*$/s, ''))
  } catch {
    return undefined // a bad escape
  }
  // A percent sign left over means that the path was encoded twice.
  if (!path.startsWith('/') || /[\0-\x1f\\%:]/.test(path)) return undefined
  if (path === '/') return ['index.html']
  const segments = path.slice(1).split('/')
  return segments.every((segment) => segment !== '' && !segment.startsWith('.')) ? segments : undefined
}

export function plainAnswer(status: RendererAnswer['status'], text: string): RendererAnswer {
  const body = new TextEncoder().encode(`${text}\n`)
  return { status, mime: 'text/plain; charset=utf-8', body, isImmutable: false }
}

/** Files under a folder, which need not exist before the first request. */
export function filesUnder(folder: string): RendererFiles {
  return async (target) => {
    const segments = segmentsOf(target)
    if (!segments) return plainAnswer(400, 'malformed path')
    const mime = mimes[extname(segments.at(-1) ?? '')]
    if (!mime) return plainAnswer(404, 'not found')
    try {
      const root = await realpath(folder)
      const file = await realpath(join(root, ...segments))
      if (!file.startsWith(root + sep)) return plainAnswer(404, 'not found')
      const body = new Uint8Array(await readFile(file))
      return { status: 200, mime, body, isImmutable: segments[0] === 'assets' }
    } catch {
      return plainAnswer(404, 'not found') // absent, a folder, or unreadable: all the same to the asker
    }
  }
}

/** The renderer's development server behind the same door. Modules come transformed, and with its own paths. */
export function filesOfDevServer(address: string): RendererFiles {
  return async (target) => {
    if (!/^\/(?!\/)/.test(target)) return plainAnswer(400, 'malformed path') // it would name another host
    try {
      const answer = await fetch(new URL(target, address), { redirect: 'error' })
      const mime = answer.headers.get('content-type') ?? 'text/plain'
      const body = new Uint8Array(await answer.arrayBuffer())
      return { status: answer.ok ? 200 : 404, mime, body, isImmutable: false }
    } catch {
      return plainAnswer(502, 'the development server does not answer')
    }
  }
}
