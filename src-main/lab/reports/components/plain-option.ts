/**
 * A figure's option made harmless. ECharts draws text as text, with exceptions, and an option may come from a stranger:
 * tooltips are HTML unless their mode says otherwise, titles may carry links, the toolbox's data view writes HTML,
 * images load from anywhere. What remains is data and style.
 */

/** Settings that carry markup, links, other documents or element references. */
const refused = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'sublink',
  'extraCssText',
  'appendTo',
  'appendToBody',
  'className',
  'dataView',
  'toolbox',
  'graphic',
  'media',
  'timeline',
])

/** The option in a figure's JSON; an empty one when the JSON is broken or no object. */
export function plainOption(json: string): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return {} // a figure without a picture; its title, caption and data are still shown
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {}
  const option = plain(parsed) as Record<string, unknown> // an object stays an object
  return { ...option, animation: false, tooltip: textTooltip(option['tooltip']) }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'string') return /^\s*(image:\/\/|javascript:)/i.test(value) ? '' : value
  if (typeof value !== 'object' || value === null) return value
  // A title's link is a text; an axis pointer's link, a list, says which axes move together.
  const isKept = (key: string, item: unknown): boolean => !refused.has(key) && !(key === 'link' && typeof item === 'string')
  const kept = Object.entries(value).filter(([key, item]) => isKept(key, item))
  return Object.fromEntries(
    kept.map(([key, item]) => [key, key === 'tooltip' ? textTooltip(plain(item)) : plain(item)]),
  )
}

/** Tooltips drawn on the chart instead of written as HTML. */
function textTooltip(tooltip: unknown): unknown {
  if (Array.isArray(tooltip)) return tooltip.map(textTooltip)
  return { ...(typeof tooltip === 'object' ? tooltip : {}), renderMode: 'richText' }
}
