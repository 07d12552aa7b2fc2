import { describe, expect, test } from 'vitest'
import { axisRange } from '@renderer/charts/axis'
import * as bars from '@renderer/charts/bar-chart'
import { meanings } from '@renderer/charts/chart-theme'
import * as heatmap from '@renderer/charts/heatmap'
import * as histogram from '@renderer/charts/histogram'
import * as intervals from '@renderer/charts/interval-bars'
import * as lines from '@renderer/charts/line-chart'
import * as scatter from '@renderer/charts/scatter'
import { diverging, parseHex } from '@renderer/base/colour'
import { fileStem, svgText, titled } from '@renderer/charts/picture'
import { darkTheme, functionsIn, lightTheme } from './theme'

const steps = Float64Array.from({ length: 50_000 }, (_, i) => i)
const spike = steps.map((step) => (step === 31_415 ? 7 : Math.sin(step / 900)))
const lineProps: lines.LineChartProps = {
  series: [
    { title: 'train', colour: 'train', x: steps, y: spike },
    { title: 'test', colour: 'test', x: steps, y: steps.map(() => 0.5), dash: 'dashed' },
  ],
  x: { title: 'step' },
  y: { title: 'loss', unit: 'nats' },
}
interface Series {
  readonly name: string
  readonly color: string
  readonly data: readonly (readonly [number, number | '-'])[]
}
const seriesOf = (option: { series?: unknown }): readonly Series[] => option.series as readonly Series[]

describe('every mark', () => {
  const matrix = { axes: ['a', 'b'], shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, NaN, 5) }
  const groups = [{ title: 'clean', colour: 'clean', counts: [1, 2], members: [0, 1] }] as const
  const axes = { x: { title: 'x' }, y: { title: 'y' } }
  const options = {
    lines: lines.toOption(
      { ...lineProps, marker: 3, bands: [{ title: 'cleanup', from: 1, to: 9, colour: 'clean' }] },
      darkTheme,
    ),
    histogram: histogram.toOption({ range: [0, 1], groups, ...axes }, darkTheme),
    bars: bars.toOption(
      { categories: ['0', '1'], series: [{ title: 'a', colour: 'train', values: [1, 2] }], ...axes },
      darkTheme,
    ),
    scatter: scatter.toOption({ xs: [1, 2], ys: [3, 4], groups, noun: 'neuron', ...axes }, darkTheme),
    heatmap: heatmap.toOption({ matrix, value: { title: 'v' }, ...axes }, darkTheme),
  }

  test.each(Object.entries(options))(
    'the option of %s is plain JSON and holds no undefined colour',
    (_, option) => {
      expect(functionsIn(option)).toEqual([])
      expect(JSON.parse(JSON.stringify(option))).toMatchObject({ animation: false, aria: { enabled: true } })
      expect(JSON.stringify(option)).not.toContain('"color":""')
    },
  )

  test.each(Object.entries(options))('%s draws to SVG with its title and axis names', (name, option) => {
    const svg = svgText(titled(option, `A picture of ${name}`, darkTheme), { width: 500, height: 320 })

    expect(svg).toContain(`A picture of ${name}`)
    expect(svg).toContain('<path')
  })

  test('each meaning has a colour in both themes', () => {
    const missing = meanings.filter(
      (meaning) => !/^#/.test(darkTheme.colours[meaning]) || !/^#/.test(lightTheme.colours[meaning]),
    )

    expect(missing).toEqual([])
  })
})

describe('line chart', () => {
  test('a spike among fifty thousand points is in the option', () => {
    const [train] = seriesOf(lines.toOption({ ...lineProps, columns: 300 }, darkTheme))

    expect(train!.data.length).toBeLessThanOrEqual(1200)
    expect(train!.data).toContainEqual([31_415, 7])
    expect(train!.color).toBe(darkTheme.colours.train)
  })

  test('zooming keeps every point of the range', () => {
    const option = lines.toOption({ ...lineProps, zoom: [100, 200] }, darkTheme)

    const inside = seriesOf(option)[0]!.data.filter(([x]) => x >= 100 && x <= 200)
    expect(inside).toEqual(Array.from({ length: 101 }, (_, i) => [100 + i, Math.sin((100 + i) / 900)]))
    expect(option.xAxis).toMatchObject({ min: 100, max: 200 })
  })

  test('a gap is written as a gap, and a log axis leaves out what is not above zero', () => {
    const series = [{ title: 'loss', colour: 'train', x: [0, 1, 2, 3], y: [9, 1, NaN, 0] }] as const
    const option = lines.toOption(
      { ...lineProps, series, x: { title: 'step', scale: 'log' }, y: { title: 'loss', scale: 'log' } },
      darkTheme,
    )

    expect(seriesOf(option)[0]!.data).toEqual([
      [1, 1],
      [2, '-'],
      [3, '-'],
    ])
  })

  test('series that share their axis share its column, others bring their own', () => {
    const short = { title: 'other', colour: 'run-2', x: [0, 5], y: [1, 2] } as const

    expect(lines.toColumns(lineProps).map(({ name }) => name)).toEqual(['step', 'train', 'test'])
    expect(
      lines.toColumns({ ...lineProps, series: [lineProps.series[0]!, short] }).map(({ name }) => name),
    ).toEqual(['step of train', 'train', 'step of other', 'other'])
  })

  test('hidden lines are off in the legend and marker and bands stay', () => {
    const option = lines.toOption({ ...lineProps, hidden: ['test'], marker: 42 }, darkTheme)

    expect(option.legend).toMatchObject({ selected: { test: false } })
    expect((option.series as readonly object[]).at(-1)).toMatchObject({ markLine: { data: [{ xAxis: 42 }] } })
  })
})

describe('axis range', () => {
  test('ends are rounded outwards to ticks, powers of ten on a log axis, and given ends stand', () => {
    expect(axisRange({ title: '' }, [[0.03, 0.97]])).toEqual([0, 1])
    expect(axisRange({ title: '' }, [[-0.31, 0.2]])).toEqual([-0.4, 0.2])
    expect(axisRange({ title: '', scale: 'log' }, [[0, 0.004, 12]])).toEqual([0.001, 100])
    expect(axisRange({ title: '', min: 0, max: 1 }, [[0.3, 7]])).toEqual([0, 1])
    expect(axisRange({ title: '' }, [[]])).toEqual([0, 1])
  })
})

describe('histogram', () => {
  test('binning equals comparing with every bin end', () => {
    const bins = 20
    const values = Array.from({ length: 2001 }, (_, i) => i / 2000)
    const ends = Array.from({ length: bins + 1 }, (_, bin) => Number((bin / bins).toPrecision(12)))
    const brute = values.map((value) => (value === 1 ? bins - 1 : ends.findLastIndex((end) => value >= end)))

    expect(values.map((value) => histogram.binOf(value, [0, 1], bins))).toEqual(brute)
    expect([-0.01, 1.01, NaN].map((value) => histogram.binOf(value, [0, 1], bins))).toEqual([-1, -1, -1])
  })

  test('every value inside the range is counted once', () => {
    const counts = histogram.countBins([0, 0.05, 0.0499, 1, 2, -1, NaN], [0, 1], 20)

    expect([counts[0], counts[1], counts[19], counts.reduce((sum, n) => sum + n)]).toEqual([2, 1, 1, 4])
  })

  test('a chosen bin stands out from the others', () => {
    const groups = [{ title: 'all', colour: 'clean', counts: [3, 4] }] as const
    const option = histogram.toOption(
      { range: [0, 1], groups, x: { title: '' }, y: { title: '' }, selected: 1 },
      darkTheme,
    )

    expect(seriesOf(option)[0]!.data).toEqual([
      { value: 3, itemStyle: { opacity: 0.35 } },
      { value: 4, itemStyle: { opacity: 1 } },
    ])
  })
})

describe('scatter', () => {
  test('past ten thousand points drawing is progressive', () => {
    const many = { xs: steps.subarray(0, 20_000), ys: steps.subarray(0, 20_000) }
    const groups = [{ title: 'all', colour: 'train', members: steps.subarray(0, 20_000) }] as const
    const option = scatter.toOption(
      { ...many, groups, noun: 'point', x: { title: 'x' }, y: { title: 'y' } },
      darkTheme,
    )

    expect((option.series as readonly object[])[0]).toMatchObject({
      progressiveThreshold: 10_000,
      progressive: 2000,
    })
  })
})

describe('heatmap', () => {
  test('an axis with names reads as those', () => {
    const names = ['zero', 'one', 'two']
    const option = heatmap.toOption({ matrix, ...axes, x: { title: 'token', names } }, darkTheme)
    const labels = (option.xAxis as { data: readonly string[] }).data

    expect(labels).toEqual(names.slice(0, labels.length))
  })

  // value = 10 a + b, so that a place is read off its number
  const matrix = {
    axes: ['a', 'b'],
    shape: [3, 4],
    data: Float64Array.from({ length: 12 }, (_, i) => 10 * Math.floor(i / 4) + (i % 4)),
  }
  const axes = { x: { title: 'a' }, y: { title: 'b' }, value: { title: 'value' } }

  test('with xy orientation the first axis runs right and the second up', () => {
    const layout = heatmap.layoutOf({ matrix, ...axes })
    const topRow = [0, 1, 2].map((column) => matrix.data[layout.index(column, 0)])

    expect([layout.columns, layout.rows]).toEqual([3, 4])
    expect(topRow).toEqual([3, 13, 23])
    expect(layout.at(2, 0)).toEqual({ x: 2, y: 3 })
    expect(layout.cell(2, 3)).toEqual({ column: 2, fromTop: 0 })
  })

  test('with rows orientation the first axis runs down and the second right', () => {
    const layout = heatmap.layoutOf({ matrix, ...axes, orientation: 'rows' })

    expect([layout.columns, layout.rows]).toEqual([4, 3])
    expect([0, 1, 2, 3].map((column) => matrix.data[layout.index(column, 2)])).toEqual([20, 21, 22, 23])
  })

  test('pixels hold the palette of each value, and what is not a number stays transparent', () => {
    const signed = { axes: ['a', 'b'], shape: [1, 3], data: Float64Array.of(-2, NaN, 1) }
    const drawn = heatmap.pixels({ matrix: signed, ...axes, isSigned: true })

    // From the top: b = 2, 1, 0. The range is −2 to 2, so 1 lies three quarters along.
    expect([...drawn]).toEqual([diverging.words[192], 0, diverging.words[0]])
    expect(parseHex('#0b3a69')).toEqual(diverging.colours[0]!.map(Math.round))
  })

  test('columns and option name the same cells', () => {
    const [a, b, value] = heatmap.toColumns({ matrix, ...axes })
    const fromColumns = Array.from(matrix.data, (v, i) => [Number(a!.values[i]), Number(b!.values[i]), v])
    expect(value!.values).toBe(matrix.data)
    const cells = (
      heatmap.toOption({ matrix, ...axes }, darkTheme).series as readonly { data: readonly number[][] }[]
    )[0]!.data
    const byPlace = (x: readonly number[], y: readonly number[]): number => x[0]! - y[0]! || x[1]! - y[1]!

    expect(cells.toSorted(byPlace)).toEqual(fromColumns.toSorted(byPlace))
    expect(cells.every(([x, y, v]) => v === 10 * x! + y!)).toBe(true)
  })
})

describe('picture', () => {
  test('a title becomes a file name', () => {
    expect(fileStem('Activation of neuron 217 over all pairs (a, b)')).toBe(
      'activation-of-neuron-217-over-all-pairs-a-b',
    )
    expect(fileStem('—')).toBe('figure')
  })
})

describe('a band around a line', () => {
  const x = Float64Array.of(0, 1, 2)
  const banded: lines.LineChartProps = {
    series: [{ title: 'ticket', colour: 'run-1', x, y: [1, 2, 3], low: [0.5, NaN, 2], high: [1.5, 2.5, 5] }],
    x: { title: 'step' },
    y: { title: 'accuracy' },
  }

  test('is its lower end and what stands above it, where both are numbers, behind a line that the legend marks', () => {
    const [line, low, height] = seriesOf(lines.toOption(banded, darkTheme))

    expect([line!.name, low!.name, height!.name]).toEqual(['ticket', 'ticket', 'ticket'])
    expect(line!.data).toEqual([[0, 1], [1, 2], [2, 3]])
    expect([low!.data, height!.data]).toEqual([[[0, 0.5], [2, 2]], [[0, 1], [2, 3]]])
  })

  test('reaches the ends of the axis, and is left out where that is logarithmic', () => {
    expect(lines.lineRanges(banded).y).toEqual([0, 5])
    expect(seriesOf(lines.toOption({ ...banded, y: { title: 'loss', scale: 'log' } }, darkTheme)).filter(({ name }) => name === 'ticket')).toHaveLength(1)
  })

  test('has its ends among the numbers', () => {
    expect(lines.toColumns(banded).map(({ name }) => name)).toEqual(['step', 'ticket', 'ticket, low', 'ticket, high'])
  })
})

describe('bars with intervals', () => {
  const props: intervals.IntervalBarsProps = {
    bars: [
      { id: 'a', title: 'dense', value: 100, low: 80, high: 120, colour: 'run-1', note: '3 of 3' },
      { id: 'b', title: 'random', colour: 'run-2', note: 'never' },
    ],
    y: { title: 'arm' },
    value: { title: 'τ', scale: 'log', min: 1 },
  }

  test('are one bar a row, with a line from end to end where there is an interval', () => {
    const option = intervals.toOption(props, darkTheme)
    const [bars] = option.series as unknown as readonly [{ data: readonly { value: unknown }[]; markLine: { data: unknown } }]

    expect(functionsIn(option)).toEqual([])
    expect(bars.data.map(({ value }) => value)).toEqual([100, '-'])
    expect(bars.markLine.data).toEqual([[{ coord: [80, 0] }, { coord: [120, 0] }]])
    expect(svgText(option, { width: 500, height: 320 })).toContain('random (never)')
  })

  test('begin at the left end: on a log axis at its least, on a linear one at zero', () => {
    expect(intervals.intervalRange(props)).toEqual([1, 1000])
    expect(intervals.intervalRange({ ...props, value: { title: 'steps' } })[0]).toBe(0)
    expect([1, 10, 1000, 5000, 0].map((value) => intervals.shareAt(value, [1, 1000], true))).toEqual([0, expect.closeTo(1 / 3), 1, 1, 0])
  })

  test('have their ends and notes among the numbers', () => {
    expect(intervals.toColumns(props).map(({ name, values }) => [name, ...Array.from(values as ArrayLike<unknown>)])).toEqual([
      ['arm', 'dense', 'random'],
      ['τ', 100, NaN],
      ['τ, low', 80, NaN],
      ['τ, high', 120, NaN],
      ['note', '3 of 3', 'never'],
    ])
  })
})
