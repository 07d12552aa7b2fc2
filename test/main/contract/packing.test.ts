import { describe, expect, test } from 'vitest'
import { packMessage, unpackMessage } from '@contract/packing'

const message = { kind: 'request', id: 3, args: { scores: { axes: ['edge'], shape: [3], data: Float64Array.of(1.5, -2, NaN) }, kept: Int32Array.of(7) } }

describe('a packed message', () => {
  test('is read back with its arrays', () => {
    expect(unpackMessage(packMessage(message))).toEqual(message)
  })

  test.each([0, 1, 2, 4, 7])('is read wherever a socket’s buffer begins: %i bytes into its pool', (offset) => {
    const packed = packMessage(message)
    const pool = Buffer.alloc(packed.length + offset)
    pool.set(packed, offset)

    expect(unpackMessage(pool.subarray(offset))).toEqual(message)
  })

  test('that is cut off, or whose header is no JSON, is refused', () => {
    const packed = packMessage(message)

    expect(() => unpackMessage(packed.subarray(0, packed.length - 8))).toThrow('segment 1 is cut off')
    expect(() => unpackMessage(packed.slice().fill(0x7b, 8, 12))).toThrow('header is not JSON')
    expect(() => packMessage({ value: NaN })).toThrow('outside a frame')
  })
})
