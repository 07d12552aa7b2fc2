/**
 * Numbers as text. Three or four significant digits on screen, the exact value on hover; percent for accuracy
 * alone. Every function answers a real minus sign and an en dash for what is not a number, so that columns
 * line up.
 */

const minus = '−'
const absent = '–'

const withMinus = (text: string): string => text.replaceAll('-', minus)

/**
 * `digits` significant digits; powers of ten outside 1e-4 … 1e6. Trailing zeros are dropped, integers stay
 * whole.
 */
export function formatNumber(value: number | undefined, digits = 4): string {
  if (value === undefined || Number.isNaN(value)) return absent
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${minus}∞`
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return formatCount(value)
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string]
    return withMinus(`${trimmed(mantissa)}e${Number(exponent)}`)
  }
  return withMinus(grouped(trimmed(Number(value.toPrecision(digits)).toString())))
}

/** As `formatNumber`, with its zeros: a column of these has the same width in every row. */
export function formatFixed(value: number | undefined, decimals = 3): string {
  if (value === undefined || !Number.isFinite(value)) return formatNumber(value)
  return withMinus(grouped(value.toFixed(decimals)))
}

/** An explicit sign, for changes: `+0.002`, `−0.013`, `0`. */
export function formatSigned(value: number | undefined, digits = 3): string {
  const text = formatNumber(value, digits)
  return value !== undefined && value > 0 ? `+${text}` : text
}

/** A whole number with its thousands apart: `11,140`. */
export function formatCount(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return formatNumber(value === undefined ? NaN : value)
  return withMinus(grouped(Math.round(value).toString()))
}

/** An accuracy from 0 to 1 as percent with one decimal; 100 % only when every answer is right. */
export function formatAccuracy(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return absent
  const percent = value * 100
  const rounded = percent.toFixed(1)
  // 99.97 % reads as 99.9 %, not as perfect; 0.02 % reads as 0.1 %, not as never.
  if (rounded === '100.0' && value < 1) return '99.9 %'
  if (rounded === '0.0' && value > 0) return '0.1 %'
  return `${withMinus(rounded)} %`
}

/** A change of accuracy, in percentage points. */
export function formatPoints(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return absent
  const points = value * 100
  const text = withMinus(points.toFixed(2))
  return `${points > 0 ? '+' : ''}${text} pt`
}

/**
 * Full precision: the shortest decimal that gives this number back. A value that a float32 holds exactly is
 * written as that float32's shortest decimal (0.984 and not 0.984000027179718).
 */
export function formatExact(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return formatNumber(value === undefined ? NaN : value)
  if (!Number.isInteger(value) && Math.fround(value) === value) {
    for (let digits = 1; digits <= 9; digits++) {
      const short = Number(value.toPrecision(digits))
      if (Math.fround(short) === value) return withMinus(short.toString())
    }
  }
  return withMinus(value.toString())
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units, three digits: `14.2 MB`. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return absent
  let size = Math.max(0, bytes)
  let unit = 0
  while (size >= 999.5 && unit < byteUnits.length - 1) {
    size /= 1000
    unit++
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${byteUnits[unit]}`
}

/** `840 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`. */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return absent
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${Number((ms / 1000).toPrecision(3))} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

/** `5,900 steps/s`. */
export function formatRate(perSecond: number | undefined, unit: string): string {
  if (perSecond === undefined || !Number.isFinite(perSecond) || perSecond <= 0) return absent
  return `${formatNumber(Number(perSecond.toPrecision(3)), 3)} ${unit}/s`
}

const two = (value: number): string => value.toString().padStart(2, '0')

function grouped(text: string): string {
  const [whole, fraction] = text.split('.') as [string, string?]
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? apart : `${apart}.${fraction}`
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
