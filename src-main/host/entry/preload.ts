/**
 * The one thing that crosses from the shell into the page: a way to ask for a port.
 *
 * 1. The page calls `window.grokscope.connect()`, which takes and returns nothing.
 * 2. The main process answers with one end of a MessageChannel, on which it serves the contract.
 * 3. contextBridge cannot hand over a port, so it arrives as a `message` event of the page's own window with the data
 *    `grokscope-port` and the port as its only transferred object.
 *
 * Each call makes a new connection; a port lives as long as its page. The target origin is `*` because the isolated world
 * and the page are one window: no other window can receive the message.
 */
import { contextBridge, ipcRenderer } from 'electron'

/** The part of the DOM that is used here; this folder compiles without the DOM's types. */
declare const window: { postMessage(message: unknown, targetOrigin: string, transfer: readonly unknown[]): void }

ipcRenderer.on('grokscope-port', (event) => window.postMessage('grokscope-port', '*', event.ports))

contextBridge.exposeInMainWorld(
  'grokscope',
  Object.freeze({
    connect() {
      ipcRenderer.send('grokscope-connect')
    },
  }),
)
