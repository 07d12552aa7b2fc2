import type { Client } from '@contract/index'
import type { DroppedFile } from './dropped'

/** Bytes in one message; the contract takes at most 1 MB. */
const pieceBytes = 2 ** 20

/** Hands files to the main process piece by piece. Rejects when the signal aborts. */
export async function sendFiles(
  client: Client,
  importId: string,
  { files, onShare, signal }: { readonly files: readonly DroppedFile[]; readonly onShare: (share: number) => void; readonly signal: AbortSignal },
): Promise<void> {
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0)
  let sentBytes = 0
  for (const { path, file } of files) {
    for (let offset = 0; offset === 0 || offset < file.size; offset += pieceBytes) {
      const bytes = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer())
      await client.imports.put({ importId, path, offset, totalBytes: file.size, bytes }, { signal })
      sentBytes += bytes.length
      onShare(totalBytes === 0 ? 1 : sentBytes / totalBytes)
    }
  }
}
