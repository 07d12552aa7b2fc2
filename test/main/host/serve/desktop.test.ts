import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findChromium, headlessSwitches, openBrowser, printWithChromium } from '@main/host/serve/desktop'

const folder = mkdtempSync(join(tmpdir(), 'grokscope-desktop-'))
afterAll(() => rmSync(folder, { recursive: true }))

const chromium = findChromium()

describe('Chromium', () => {
  test.skipIf(process.platform === 'win32')('is found by its name on the path', () => {
    const program = join(folder, 'chromium')
    writeFileSync(program, '')
    const before = findChromium({ PATH: folder })
    chmodSync(program, 0o755)

    expect({ before: before === program, after: findChromium({ PATH: folder }) }).toEqual({ before: false, after: program })
  })

  test('named by the variable wins, and a wrong name finds none', () => {
    expect(findChromium({ PATH: folder, GROKSCOPE_CHROMIUM: process.execPath })).toBe(process.execPath)
    expect(findChromium({ PATH: folder, GROKSCOPE_CHROMIUM: '/nowhere' })).toBeUndefined()
  })

  test('gives up its sandbox only as root', () => {
    expect([headlessSwitches(true), headlessSwitches(false)].map((all) => all.includes('--no-sandbox'))).toEqual([true, false])
  })

  test.skipIf(!chromium)('prints a page as PDF', { timeout: 60_000 }, async () => {
    const bytes = await printWithChromium(chromium!, '<!doctype html><title>t</title><p>Accuracy 99 %')

    expect(new TextDecoder('latin1').decode(bytes.subarray(0, 5))).toBe('%PDF-')
    expect(bytes.length).toBeGreaterThan(1000)
  })

  test('that fails is an action that cannot be done here', async () => {
    await expect(printWithChromium(join(folder, 'nothing'), '')).rejects.toMatchObject({ code: 'ACTION_UNAVAILABLE' })
  })
})

describe('the browser', () => {
  test.each([{ CI: 'true', DISPLAY: ':0' }, { SSH_CONNECTION: '1 2 3 4', DISPLAY: ':0' }])('is not opened given %j', (env) => {
    expect(openBrowser('http://127.0.0.1/', env)).toBe(false)
  })

  test.skipIf(process.platform !== 'linux')('is not opened without a display', () => {
    expect(openBrowser('http://127.0.0.1/', {})).toBe(false)
  })
})
