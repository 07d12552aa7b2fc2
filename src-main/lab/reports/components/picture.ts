import type { Drawing } from '../report'

/** Size a static picture is drawn at; it scales to the column, at most 680 px so that A4 does not cut it. */
export const figureSize = { width: 680, height: 380 } as const

/** An option as a data address for an <img>, where an SVG cannot run scripts whatever it holds. */
export function pictureOf(option: Readonly<Record<string, unknown>>, drawing: Drawing): string {
  return `data:image/svg+xml;base64,${Buffer.from(steadyNames(drawing.draw(option, figureSize))).toString('base64')}`
}

/**
 * Renames the classes and ids that the chart library numbers through the life of the process, in order of appearance:
 * equal figures give equal bytes whatever was drawn before.
 */
function steadyNames(svg: string): string {
  const names = new Map<string, string>()
  return svg.replace(/(?<=class="|id="|url\(#|^\.)zr\d+-[a-z]+-?\d+/gm, (name) => {
    const known = names.get(name) ?? `n${names.size}`
    names.set(name, known)
    return known
  })
}
