import { describe, expect, test } from 'vitest'
import { Finding } from '@contract/system'
import { err } from '@main/base/result'
import { diagnose, examineChoice, examineChromium, examineNative, examineNode } from '@main/host/shell/doctor'

describe('the doctor', () => {
  test('names what is there, and for everything else its cost and remedy', async () => {
    const findings = await diagnose()

    for (const finding of findings) {
      expect(Finding.parse(finding)).toEqual(finding)
      const isWanting = finding.state === 'missing' || finding.state === 'broken'
      expect({ ...finding, explains: finding.cost !== '' && finding.remedy !== '' }).toMatchObject({ explains: isWanting })
    }
    expect(new Set(findings.map(({ subject }) => subject)).size).toBe(findings.length)
  })

  test('finds the SQLite that opens the store', async () => {
    const sqlite = (await diagnose()).find(({ subject }) => subject === 'SQLite')

    expect(sqlite).toMatchObject({ state: 'present', found: expect.stringMatching(/^SQLite 3\.\d+/) as unknown })
  })

  test('tells an old Node from a new one by its Node-API', () => {
    expect(examineNode({ ...process.versions, node: '20.20.2', napi: '9' } as NodeJS.ProcessVersions).state).toBe('broken')
    expect(examineNode({ ...process.versions, node: '22.14.0', napi: '10' } as NodeJS.ProcessVersions).state).toBe('present')
  })

  test('says what missing kernels cost, and why they are missing', () => {
    const finding = examineNative(err('BACKEND_UNAVAILABLE', 'the addon is not there: no compiler'))

    expect(finding).toMatchObject({ state: 'missing', found: 'the addon is not there: no compiler' })
    expect(finding.remedy).toContain('compiler')
  })

  test('says what computes, and why nothing faster does', () => {
    const finding = (subject: string, state: Finding['state']): Finding => ({ subject, state, found: `${subject} found`, cost: '', remedy: '' })
    const [gpu, native, wasm] = [finding('GPU', 'missing'), finding('Native', 'present'), finding('Wasm', 'present')]

    expect(examineChoice([gpu, native, wasm]).found).toBe('Native; faster ones not here: GPU: GPU found')
    expect(examineChoice([native, wasm]).found).toBe('Native, the fastest this program knows')
    expect(examineChoice([gpu])).toMatchObject({ state: 'broken', found: 'GPU: GPU found' })
  })

  test('says what a missing Chromium costs', () => {
    expect(examineChromium(undefined)).toMatchObject({ state: 'missing', cost: expect.stringContaining('PDF') as unknown })
  })
})
