import { describe, expect, test } from 'vitest'
import { luminance, parseHex } from '@renderer/base/colour'
import {
  colourOf,
  curveOf,
  edgeNear,
  placesOf,
  pointOn,
  shareAt,
  toColumns,
  toOption,
  widthOf,
  type CircuitGraphProps,
  type GraphEdge,
} from '@renderer/charts/circuit-graph'
import { svgText, titled } from '@renderer/charts/picture'
import { darkTheme, functionsIn, lightTheme } from './theme'

const node = (id: string, row: number, x: number) => ({ id, label: id, row, x, isUsed: true })
const edge = (id: number, from: number, to: number, value: number): GraphEdge => ({ id, from, to, port: -1, value, name: `edge ${id}` })
const props: CircuitGraphProps = {
  nodes: [node('input', 0, 0.5), node('0.0', 1, 0.25), { ...node('0.1', 1, 0.75), ports: ['q', 'k', 'v'] }, node('logits', 2, 0.5)],
  edges: [edge(3, 0, 1, -2), { ...edge(5, 0, 2, 0.5), port: 1 }, edge(8, 1, 3, -1), edge(9, 0, 3, 4)],
  rows: ['input', '0 heads', 'logits'],
  value: { title: 'effect when ablated' },
}
const size = { width: 684, height: 356 }

describe('the graph of a circuit', () => {
  test('rows stand from the bottom up, columns from left to right, and a moved node where it was put', () => {
    const places = placesOf(props, size)

    expect(places).toEqual([{ x: 362, y: 320 }, { x: 212, y: 170 }, { x: 512, y: 170 }, { x: 362, y: 20 }])
    const [, moved] = placesOf({ ...props, nodes: props.nodes.map((one, i) => (i === 1 ? { ...one, x: 0.1, y: 0.2 } : one)) }, size)
    expect(moved).toEqual({ x: 122, y: 80 })
    expect(shareAt(moved!, size)).toEqual({ x: expect.closeTo(0.1, 12), y: expect.closeTo(0.2, 12) })
  })

  test('an edge runs from its writer to its reader, into the port it reads at, and bows around its own column', () => {
    const places = placesOf(props, size)
    const [straight, , , long] = props.edges.map((one) => curveOf(one, props, places))

    expect([straight!.slice(0, 2), straight!.slice(6)]).toEqual([[362, 320], [212, 170]])
    expect(curveOf({ ...edge(1, 0, 2, 1), port: 0 }, props, places)[6]).toBe(512 - 12)
    expect(pointOn(long!, 0).x).toBe(362)
    expect(Math.abs(pointOn(long!, 0.5).x - 362)).toBeGreaterThan(10)
  })

  test('the pointer finds the edge it is on and none where there is none', () => {
    const curves = props.edges.map((one) => curveOf(one, props, placesOf(props, size)))

    curves.forEach((curve, i) => expect(edgeNear(curves, pointOn(curve, 0.62))).toBe(i))
    expect(edgeNear(curves, { x: 20, y: 20 })).toBeUndefined()
  })

  test('width grows with size, colour tells the sign, and either stands out from the window it is drawn on', () => {
    expect(widthOf(-4, 4, 10)).toBe(widthOf(4, 4, 10))
    expect(widthOf(4, 4, 10)).toBeGreaterThan(widthOf(1, 4, 10))
    for (const theme of [lightTheme, darkTheme]) {
      const ground = luminance(parseHex(theme.panel))
      for (const share of [0.001, 0.3, 1]) {
        const [low, high] = [-share, share].map((value) => parseHex(colourOf(value, 1, theme)))
        expect(low![2]).toBeGreaterThan(low![0])
        expect(high![0]).toBeGreaterThan(high![2])
        for (const colour of [low!, high!]) {
          const [one, other] = [luminance(colour) + 0.05, ground + 0.05]
          expect(Math.max(one, other) / Math.min(one, other)).toBeGreaterThan(1.8)
        }
      }
    }
  })

  test('its option is plain, has every node and edge, and draws to SVG with labels', () => {
    const option = toOption(props, darkTheme)
    const [series] = option.series as readonly { data: readonly { id: string }[]; links: readonly { source: string; target: string; value: number }[] }[]

    expect(functionsIn(option)).toEqual([])
    expect(series!.data.map(({ id }) => id)).toEqual(['row 0', 'row 1', 'row 2', 'input', '0.0', '0.1', 'logits'])
    expect(series!.links.map(({ source, target, value }) => [source, target, value])).toEqual([
      ['input', '0.1', 0.5],
      ['0.0', 'logits', -1],
      ['input', '0.0', -2],
      ['input', 'logits', 4],
    ])
    const svg = svgText(titled(option, 'A circuit', darkTheme), { width: 500, height: 320 })
    for (const text of ['A circuit', 'logits', '0 heads', '0.1']) expect(svg).toContain(text)
  })

  test('its columns list the largest edges first, and beside another circuit where each is', () => {
    const columns = toColumns({ ...props, edges: props.edges.map((one, i) => ({ ...one, tone: i === 0 ? 'lost' : 'both' })) })

    expect(columns.map(({ name, values }) => [name, ...Array.from<unknown>(values)])).toEqual([
      ['edge', 'edge 9', 'edge 3', 'edge 8', 'edge 5'],
      ['from', 'input', 'input', '0.0', 'input'],
      ['to', 'logits', '0.0', 'logits', '0.1'],
      ['effect when ablated', 4, -2, -1, 0.5],
      ['in', 'both', 'lost', 'both', 'both'],
    ])
  })
})
