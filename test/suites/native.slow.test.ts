/** tfjs-core's own specs on the native backend, with every set of instructions this processor has. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadAddon } from '@main/engine/backends/native/addon'
import { root } from '../tools/sources'

const addon = loadAddon()
const sets = addon.ok ? addon.value.instructionSets() : []

describe('the native backend', () => {
  test('is there, or says in words why it is not', () => {
    expect(addon.ok || addon.error.message).toBeTruthy()
  })

  for (const set of sets) {
    test(`passes the specs of tfjs-core with ${set}, none left out`, () => {
      const script = join(root, 'test/tools/tfjs-specs/run.mjs')
      const output = execFileSync(process.execPath, [script, 'native', set], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      const { passed, skipped, failed } = JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>

      // Five are skipped by the specs themselves, on every backend.
      expect({ passed, skipped, failed }).toEqual({ passed: 4225, skipped: 5, failed: [] })
    })
  }
})
