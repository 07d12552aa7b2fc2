/** A circuit as a picture: where nodes stand, how edges run, what each looks like, and the whole as an exported figure. */
import type { EChartsOption } from 'echarts'
import { diverging, toHex } from '../base/colour'
import type { CsvColumn } from '../base/csv'
import type { Size } from '../base/geometry'
import type { AxisSpec } from './axis'
import { baseOption } from './axis'
import type { ChartTheme } from './chart-theme'

export interface GraphNode {
  readonly id: string
  readonly label: string
  /** Counted from the bottom. */
  readonly row: number
  /** 0–1 from left to right. */
  readonly x: number
  /** 0–1 from top to bottom; that of the row without. */
  readonly y?: number | undefined
  /** Whether the circuit goes through it. */
  readonly isUsed: boolean
  /** Names of its inputs where they are told apart, from left to right. */
  readonly ports?: readonly string[]
  /** Of several nodes drawn as one. */
  readonly isGroup?: boolean
}

export const edgeTones = ['both', 'gained', 'lost'] as const
export type EdgeTone = (typeof edgeTones)[number]
export const toneTexts: Readonly<Record<EdgeTone, string>> = { both: 'in both', gained: 'here alone', lost: 'there alone' }

export interface GraphEdge {
  /** Number of the edge it is picked by. */
  readonly id: number
  /** Places in the list of nodes. */
  readonly from: number
  readonly to: number
  /** Place among the reader's ports; -1 where they are not told apart. */
  readonly port: number
  readonly value: number
  readonly name: string
  /** Beside another circuit: in both, in this one alone, or in the other alone. */
  readonly tone?: EdgeTone | undefined
  /** 0–1: how sure it is; faint where it is not. */
  readonly strength?: number | undefined
}

export interface CircuitGraphProps {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Names of the rows, from the bottom. */
  readonly rows: readonly string[]
  readonly value: AxisSpec
}

export interface Place {
  readonly x: number
  readonly y: number
}

export const margin = { left: 62, right: 22, top: 20, bottom: 36 } as const
export const portGap = 12

export function placesOf({ nodes, rows }: Pick<CircuitGraphProps, 'nodes' | 'rows'>, { width, height }: Size): readonly Place[] {
  const [across, down] = [width - margin.left - margin.right, height - margin.top - margin.bottom]
  const last = Math.max(1, rows.length - 1)
  return nodes.map(({ row, x, y }) => ({ x: margin.left + x * across, y: margin.top + (y ?? (last - row) / last) * down }))
}

/** The share of the picture that a place is at. */
export function shareAt({ x, y }: Place, { width, height }: Size): Place {
  return { x: (x - margin.left) / (width - margin.left - margin.right), y: (y - margin.top) / (height - margin.top - margin.bottom) }
}

/** The four points of a Bézier curve, one after another. */
export type Curve = readonly [number, number, number, number, number, number, number, number]

/** From the writer's upper side to the reader's lower one; what passes by nodes of its own column bows around them. */
export function curveOf(edge: GraphEdge, { nodes }: Pick<CircuitGraphProps, 'nodes'>, places: readonly Place[]): Curve {
  const [from, to] = [places[edge.from]!, places[edge.to]!]
  const ports = nodes[edge.to]!.ports?.length ?? 0
  const shift = edge.port < 0 || ports === 0 ? 0 : (edge.port - (ports - 1) / 2) * portGap
  const end = to.x + shift
  const span = nodes[edge.to]!.row - nodes[edge.from]!.row
  const isAbove = Math.abs(end - from.x) < 14 && span > 1
  const bow = isAbove ? (edge.from % 2 === 0 ? 1 : -1) * Math.min(70, 14 + 9 * span) : 0
  const reach = 0.42 * (from.y - to.y)
  return [from.x, from.y, from.x + bow, from.y - reach, end + bow, to.y + reach, end, to.y]
}

export function pointOn([x0, y0, x1, y1, x2, y2, x3, y3]: Curve, share: number): Place {
  const rest = 1 - share
  const [a, b, c, d] = [rest ** 3, 3 * rest * rest * share, 3 * rest * share * share, share ** 3]
  return { x: a * x0 + b * x1 + c * x2 + d * x3, y: a * y0 + b * y1 + c * y2 + d * y3 }
}

const samples = 20
/** Further away than this the pointer is on no edge. */
const nearPixels = 7

/** Place in the list of the edge nearest to a point; the later drawn on a tie. */
export function edgeNear(curves: readonly Curve[], at: Place): number | undefined {
  let best: number | undefined
  let least = nearPixels ** 2
  curves.forEach((curve, i) => {
    const [low, high] = [Math.min(curve[1], curve[7]), Math.max(curve[1], curve[7])]
    if (at.y < low - nearPixels || at.y > high + nearPixels) return
    let before = pointOn(curve, 0)
    for (let step = 1; step <= samples; step++) {
      const next = pointOn(curve, step / samples)
      const found = squaredDistance(at, before, next)
      if (found <= least) [best, least] = [i, found]
      before = next
    }
  })
  return best
}

/** From a point to the stretch between two others. */
function squaredDistance(at: Place, from: Place, to: Place): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = dx * dx + dy * dy
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / length))
  return (at.x - from.x - share * dx) ** 2 + (at.y - from.y - share * dy) ** 2
}

/** Largest size drawn: the widest edge has it. */
export function reachOf(edges: readonly GraphEdge[]): number {
  return edges.reduce((most, { value }) => Math.max(most, Math.abs(value) || 0), 0)
}

/** Edges from which lines are drawn thinner, so that many stay apart. */
const manyEdges = 300

export function widthOf(value: number, reach: number, edgeCount: number): number {
  const most = edgeCount > manyEdges ? 3 : 6
  return 0.8 + (reach > 0 ? (most - 0.8) * (Math.abs(value) / reach) : 0)
}

/** The arms of the palette that stand out from the window's ground: near zero it is white, at the ends almost black. */
const arms = { light: [0.42, 0.86], dark: [0.3, 0.62] } as const

export function colourOf(value: number, reach: number, theme: ChartTheme): string {
  const [from, to] = arms[theme.name]
  const share = reach > 0 ? Math.min(1, Math.abs(value) / reach) : 0
  const arm = (from + share * (to - from)) * (value < 0 ? -1 : 1)
  return toHex(diverging.colours[Math.min(255, Math.floor((arm / 2 + 0.5) * 256))]!)
}

export function toneColour(tone: EdgeTone, theme: ChartTheme): string {
  return { both: theme.textFaint, gained: theme.colours['run-1'], lost: theme.colours['run-2'] }[tone]
}

export const lookOf = (edge: GraphEdge, reach: number, { theme, count }: { theme: ChartTheme; count: number }) => ({
  colour: edge.tone ? toneColour(edge.tone, theme) : colourOf(edge.value, reach, theme),
  width: widthOf(edge.value, reach, count),
  opacity: 0.25 + 0.65 * (edge.strength ?? 1),
})

/** From the smallest to the largest, so that large ones lie above. */
export function bySize(edges: readonly GraphEdge[]): readonly GraphEdge[] {
  return [...edges].sort((x, y) => Math.abs(x.value) - Math.abs(y.value))
}

const figureSize: Size = { width: 700, height: 460 }

export function toOption(props: CircuitGraphProps, theme: ChartTheme): EChartsOption {
  const places = placesOf(props, figureSize)
  const reach = reachOf(props.edges)
  const height = figureSize.height - margin.top - margin.bottom
  const last = Math.max(1, props.rows.length - 1)
  const rowNames = props.rows.map((text, row) => ({
    id: `row ${row}`,
    name: '',
    x: 0,
    y: margin.top + ((last - row) / last) * height,
    symbolSize: 0,
    label: { show: true, position: 'right', formatter: text, color: theme.textFaint, fontSize: 10 },
  }))
  return {
    ...baseOption(theme),
    series: [
      {
        type: 'graph',
        layout: 'none',
        left: 12,
        right: 24,
        top: 44,
        bottom: 24,
        data: [
          ...rowNames,
          ...props.nodes.map((node, i) => ({
            id: node.id,
            name: node.label,
            x: places[i]!.x,
            y: places[i]!.y,
            symbol: 'roundRect',
            symbolSize: node.isUsed ? [12 + 6 * node.label.length, 16] : 5,
            itemStyle: { color: node.isUsed ? theme.raised : theme.lineHard, borderColor: node.isUsed ? theme.textDim : theme.lineHard, borderWidth: 1 },
            label: { show: node.isUsed, color: theme.text, fontSize: 10 },
          })),
        ],
        links: bySize(props.edges).map((edge) => {
          const { colour, width, opacity } = lookOf(edge, reach, { theme, count: props.edges.length })
          const isAbove = Math.abs(places[edge.from]!.x - places[edge.to]!.x) < 14
          return {
            source: props.nodes[edge.from]!.id,
            target: props.nodes[edge.to]!.id,
            value: edge.value,
            lineStyle: { color: colour, width, opacity, curveness: isAbove ? 0.18 : 0.06 },
          }
        }),
      },
    ],
  } as EChartsOption
}

/** One row an edge, the largest first. */
export function toColumns({ nodes, edges, value }: CircuitGraphProps): readonly CsvColumn[] {
  const rows = [...bySize(edges)].reverse()
  return [
    { name: 'edge', values: rows.map(({ name }) => name) },
    { name: 'from', values: rows.map(({ from }) => nodes[from]!.id) },
    { name: 'to', values: rows.map(({ to }) => nodes[to]!.id) },
    { name: value.title, values: rows.map((edge) => edge.value) },
    ...(edges.some(({ tone }) => tone) ? [{ name: 'in', values: rows.map(({ tone }) => tone ?? '') }] : []),
  ]
}
