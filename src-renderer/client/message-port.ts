import type { Message, Transport } from '@contract/rpc'

/** The one function the preload script exposes: asks the shell for a port. */
export interface ShellBridge {
  connect(): void
}

declare global {
  interface Window {
    readonly grokscope?: ShellBridge
  }
}

/** Asks the shell for a port and resolves when it arrives as a window message from this same window. */
export function openShellPort(bridge: ShellBridge): Promise<Transport> {
  return new Promise((resolve) => {
    function onPort(event: MessageEvent<unknown>): void {
      const port = event.ports[0]
      if (event.source !== window || event.data !== 'grokscope-port' || !port) return
      window.removeEventListener('message', onPort)
      resolve(transportOver(port))
    }
    window.addEventListener('message', onPort)
    bridge.connect()
  })
}

function transportOver(port: MessagePort): Transport {
  const closeListeners: (() => void)[] = []
  const end = (): void => closeListeners.splice(0).forEach((listener) => listener())
  port.addEventListener('close', end)
  return {
    send: (message: Message) => port.postMessage(message),
    onMessage(listener) {
      port.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data))
      port.start()
    },
    onClose: (listener) => void closeListeners.push(listener),
    close() {
      port.close()
      end()
    },
  }
}
