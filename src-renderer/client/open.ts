import type { Transport } from '@contract/rpc'
import { openShellPort } from './message-port'
import { signIn } from './sign-in'
import { openWebSocket } from './websocket'

/** Makes the transport this window can have: the desktop shell's port, or a WebSocket to where the page came from. */
export async function openTransport(): Promise<Transport> {
  if (window.grokscope) return openShellPort(window.grokscope)
  const refusal = await signIn(location, history)
  if (refusal) throw new Error(refusal)
  const url = new URL('rpc', location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  return openWebSocket(url.href)
}
