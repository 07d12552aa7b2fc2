/**
 * Colours as numbers, and the two palettes.
 *
 * Palettes are built in OKLab, where equal distances look equal, and end as 256 sRGB entries for canvas
 * drawing.
 * sequential: dark violet over teal to yellow (the path of viridis), lightness rising evenly, so that it also
 *   reads in grey and with every kind of colour-blind vision.
 * diverging: blue through a near-white zero to orange-brown, the two arms equally light at equal distance
 *   from zero.
 * Source: OKLab, https://bottosson.github.io/posts/oklab/.
 */

export type Rgb = readonly [red: number, green: number, blue: number]
export type Lab = readonly [lightness: number, a: number, b: number]

/** `#rrggbb` or `#rgb` as 0–255; an eight-digit colour loses its alpha. */
export function parseHex(hex: string): Rgb {
  const digits = hex.trim().replace('#', '')
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits
  const parts = [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16))
  return parts as unknown as Rgb // three of them
}

export function toHex([red, green, blue]: Rgb): string {
  return '#' + [red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')
}

/** The same colour with an opacity, as CSS text. */
export function withAlpha(hex: string, alpha: number): string {
  return `rgba(${parseHex(hex).join(', ')}, ${alpha})`
}

const linear = (part: number): number => {
  const share = part / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}
const companded = (part: number): number => {
  const share = part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055
  return Math.min(255, Math.max(0, share * 255))
}

/** WCAG relative luminance, 0–1. */
export function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/** WCAG contrast ratio, 1–21. */
export function contrastRatio(first: string, second: string): number {
  const one = luminance(parseHex(first)) + 0.05
  const other = luminance(parseHex(second)) + 0.05
  return Math.max(one, other) / Math.min(one, other)
}

export function toLab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

export function toRgb([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    companded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    companded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    companded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

/** Distance in OKLab; 0.02 is about the least that can be told apart side by side. */
export function distance(first: Lab, second: Lab): number {
  return Math.hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2])
}

// From anchors to 256 even steps

const entries = 256
const sequentialAnchors = [
  '#440154',
  '#472d7b',
  '#3b528b',
  '#2c728e',
  '#21918c',
  '#28ae80',
  '#5ec962',
  '#addc30',
  '#fde725',
]
const negativeAnchors = ['#f3f3f1', '#b9cfe6', '#7ea9d8', '#4680be', '#1d5a97', '#0b3a69']
const positiveAnchors = ['#f3f3f1', '#f0c9a3', '#dd9a5c', '#bc6c25', '#8f4a10', '#5c2d08']

/** `count` colours along the anchors, spaced evenly by distance in OKLab. */
export function evenPath(anchors: readonly string[], count: number): readonly Rgb[] {
  const dense: Lab[] = []
  const labs = anchors.map((hex) => toLab(parseHex(hex)))
  for (let i = 0; i < labs.length - 1; i++) {
    for (let part = 0; part < 64; part++) dense.push(mix(labs[i]!, labs[i + 1]!, part / 64))
  }
  dense.push(labs.at(-1)!)
  const travelled = [0]
  for (let i = 1; i < dense.length; i++)
    travelled.push(travelled[i - 1]! + distance(dense[i - 1]!, dense[i]!))
  const path: Rgb[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const wanted = (travelled.at(-1)! * i) / (count - 1)
    while (at < dense.length - 2 && travelled[at + 1]! < wanted) at++
    const gap = travelled[at + 1]! - travelled[at]!
    path.push(toRgb(mix(dense[at]!, dense[at + 1]!, gap === 0 ? 0 : (wanted - travelled[at]!) / gap)))
  }
  return path
}

function mix(first: Lab, second: Lab, share: number): Lab {
  return [0, 1, 2].map((i) => first[i]! + (second[i]! - first[i]!) * share) as unknown as Lab // three entries
}

/** Colours as 0xAABBGGRR words: what a little-endian Uint32 view of ImageData holds. */
export interface Palette {
  readonly colours: readonly Rgb[]
  readonly words: Uint32Array
}

function palette(colours: readonly Rgb[]): Palette {
  const words = Uint32Array.from(colours, ([red, green, blue]) => {
    return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0
  })
  return { colours, words }
}

export const sequential: Palette = palette(evenPath(sequentialAnchors, entries))
export const diverging: Palette = palette([
  ...[...evenPath(negativeAnchors, entries / 2)].reverse(),
  ...evenPath(positiveAnchors, entries / 2),
])

/** Index into a palette of a value inside [low, high]; values outside take the end's colour. */
export function paletteIndex(value: number, low: number, high: number): number {
  const share = high > low ? (value - low) / (high - low) : 0.5
  return share <= 0 ? 0 : share >= 1 ? entries - 1 : Math.floor(share * entries)
}

/** The range of a diverging palette: zero in the middle, so that both signs are equally strong. */
export function centred(low: number, high: number): readonly [number, number] {
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1
  return [-reach, reach]
}

/** Colour stops as CSS, for a colour bar or a chart's visual map. */
export function paletteStops({ colours }: Palette, count = 17): readonly string[] {
  return Array.from({ length: count }, (_, i) =>
    toHex(colours[Math.round((i * (entries - 1)) / (count - 1))]!),
  )
}
