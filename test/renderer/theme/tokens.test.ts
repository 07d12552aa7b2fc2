import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contrastRatio, distance, parseHex, toLab } from '@renderer/base/colour'
import { tokensIn, tokenValue, type ThemeName } from '@renderer/base/tokens'
import { simulated, visions } from '../base/colour-vision'

const tokens = tokensIn(readFileSync('src-renderer/theme/tokens.css', 'utf8'))
const themes: readonly ThemeName[] = ['dark', 'light']
const colour = (name: string, theme: ThemeName): string => tokenValue(tokens.get(name)!, theme)

const texts = ['text', 'text-dim', 'text-faint', 'accent', 'danger', 'ok', 'warn']
const grounds = ['bg', 'panel', 'raised']
const meanings = ['train', 'test', 'clean', 'corrupted', 'ablated', 'true-label', 'random']
const runs = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5', 'run-6']

describe.each(themes)('tokens of the %s theme', (theme) => {
  const short = (pairs: readonly (readonly [string, string])[], least: number): readonly string[] =>
    pairs
      .map(([front, back]) => ({
        front,
        back,
        ratio: contrastRatio(colour(front, theme), colour(back, theme)),
      }))
      .filter(({ ratio }) => ratio < least)
      .map(({ front, back, ratio }) => `${front} on ${back}: ${ratio.toFixed(2)}`)

  test('text has a contrast of at least 4.5 on every ground it stands on', () => {
    const pairs = texts.flatMap((front) => grounds.map((back) => [front, back] as const))
    const special = [
      ['text', 'hover'],
      ['text-dim', 'hover'],
      ['text', 'accent-bg'],
      ['text-dim', 'accent-bg'],
      ['accent', 'accent-bg'],
      ['on-accent', 'accent'],
      ['danger', 'danger-bg'],
      ['text', 'danger-bg'],
    ] as const

    expect(short([...pairs, ...special], 4.5)).toEqual([])
  })

  test('marks, control borders and the focus ring have a contrast of at least 3', () => {
    const marks = [...meanings, ...runs, 'line-control', 'focus', 'accent']
    const pairs = marks.flatMap((front) => ['bg', 'panel'].map((back) => [front, back] as const))

    expect(short(pairs, 3)).toEqual([])
  })

  test.each(visions)('meanings are told apart with %s vision', (vision) => {
    const close: string[] = []
    for (const [i, first] of meanings.entries()) {
      for (const second of meanings.slice(i + 1)) {
        const labs = [first, second].map((name) => toLab(simulated(parseHex(colour(name, theme)), vision)))
        const apart = distance(labs[0]!, labs[1]!)
        if (apart < 0.055) close.push(`${first} and ${second}: ${apart.toFixed(3)}`)
      }
    }

    expect(close).toEqual([])
  })
})

describe('style sheets', () => {
  test('no file but tokens.css holds a colour', () => {
    const files = Object.entries(
      import.meta.glob(['../../../src-renderer/**/*.{vue,css}', '!../../../src-renderer/theme/tokens.css'], {
        query: '?raw',
        import: 'default',
        eager: true,
      }),
    )
    const coloured = files.filter(([path, text]) => {
      const css = path.endsWith('.css')
        ? String(text)
        : (/<style[\s\S]*<\/style>/.exec(String(text))?.[0] ?? '')
      return /#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(/.test(css)
    })

    expect(coloured.map(([path]) => path)).toEqual([])
  })

  test('every token a style uses is declared', () => {
    const files = import.meta.glob(
      '../../../src-renderer/{widgets,charts,theme,views/neurons}/**/*.{vue,css}',
      {
        query: '?raw',
        import: 'default',
        eager: true,
      },
    )
    const unknown = new Set<string>()
    for (const [path, text] of Object.entries(files)) {
      for (const [, name] of String(text).matchAll(/var\(--([\w-]+)\)/g)) {
        if (!tokens.has(name!) && !String(text).includes(`--${name}:`) && !name!.startsWith('reka')) {
          unknown.add(`${path.split('/').at(-1)}: ${name}`)
        }
      }
    }

    expect([...unknown]).toEqual([])
  })
})
