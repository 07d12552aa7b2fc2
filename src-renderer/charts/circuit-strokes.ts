/** Curves on a canvas, at the screen's own pixels. */
import type { Size } from '../base/geometry'
import type { Curve } from './circuit-graph'

export interface Stroke {
  readonly curve: Curve
  readonly colour: string
  readonly width: number
  readonly opacity: number
}

/** Clears the canvas and draws the strokes in their order. */
export function paint(canvas: HTMLCanvasElement, size: Size, strokes: Iterable<Stroke>): void {
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(size.width * ratio)
  canvas.height = Math.round(size.height * ratio)
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(ratio, ratio)
  for (const { curve: [x, y, ...rest], colour, width, opacity } of strokes) {
    context.globalAlpha = opacity
    context.strokeStyle = colour
    context.lineWidth = width
    context.beginPath()
    context.moveTo(x, y)
    context.bezierCurveTo(...rest)
    context.stroke()
  }
}
