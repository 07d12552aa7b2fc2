import type { RawData, WebSocket } from 'ws'
import { AppError } from '../../base/result'
import { packMessage, unpackMessage } from '../../contract/packing'
import type { Transport } from '../../contract/rpc'
import { createEnds } from './ends'

/** Largest message in either direction. The largest there is, a report's HTML with all its figures, stays below. */
export const maxMessageBytes = 64 * 2 ** 20

/** Close codes of RFC 6455 §7.4.1. */
const unsupportedData = 1003
const malformedMessage = 1007
const messageTooBig = 1009

/**
 * A transport over one socket of the ws package. A peer that sends text, an oversized or a malformed message is not this
 * program's renderer; its connection is closed.
 */
export function websocketTransport(socket: WebSocket): Transport {
  const ends = createEnds()

  function read(data: RawData, isBinary: boolean): void {
    if (!isBinary) return socket.close(unsupportedData)
    const bytes = joined(data)
    if (bytes.length > maxMessageBytes) return socket.close(messageTooBig)
    let message: unknown
    try {
      message = unpackMessage(bytes)
    } catch {
      // The reason is the sender's to know; it reads it from the close code.
      return socket.close(malformedMessage)
    }
    ends.received(message)
  }

  socket.on('message', read)
  socket.on('close', ends.closed)
  // An error is always followed by 'close'; without a listener it would end the process.
  socket.on('error', () => socket.terminate())
  return {
    send(message) {
      if (ends.isClosed || socket.readyState !== socket.OPEN) return
      const packed = packMessage(message)
      if (packed.length > maxMessageBytes) {
        const observed = `message of ${packed.length} bytes; at most ${maxMessageBytes} can be sent`
        throw new AppError({ code: 'FRAME_MALFORMED', message: observed })
      }
      socket.send(packed)
    },
    onMessage: ends.onMessage,
    onClose: ends.onClose,
    close() {
      socket.close()
      ends.closed()
    },
  }
}

function joined(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
