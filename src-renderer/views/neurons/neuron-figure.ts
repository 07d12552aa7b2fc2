import type { Neuron } from '@contract/interpret'
import { toCsv } from '../../base/csv'
import { toColumns, toOption, type BarChartProps } from '../../charts/bar-chart'
import type { ChartTheme } from '../../charts/chart-theme'
import type { ReportedFigure } from '../../charts/figure'

const parts = [
  { title: 'a', colour: 'run-1' },
  { title: 'b', colour: 'run-2' },
  { title: 'output', colour: 'run-3' },
] as const

/** The magnitudes of a neuron's three spectra, as a chart takes them. */
export function spectrumChart({ spectrum: { shape, data } }: Pick<Neuron, 'spectrum'>): BarChartProps {
  const length = shape[1] ?? 0
  return {
    categories: Array.from({ length }, (_, i) => String(i)),
    series: parts.map((part, i) => ({ ...part, values: data.subarray(i * length, (i + 1) * length) })),
    x: { title: 'frequency' },
    y: { title: 'normalized magnitude', min: 0, max: 1 },
  }
}

/** The spectrum of a neuron as a figure of the report. */
export function neuronFigure(neuron: Neuron, freq: number | undefined, theme: ChartTheme): ReportedFigure {
  const chart = spectrumChart(neuron)
  return {
    title: `Spectrum of neuron ${neuron.index}`,
    caption:
      'Fourier magnitudes of the input rows for a and b and of the output column; ' +
      `dominant frequency ${freq ?? 'unknown'}.`,
    option: JSON.stringify(toOption(chart, theme)),
    csv: toCsv(toColumns(chart)),
    how: neuron.how,
  }
}
