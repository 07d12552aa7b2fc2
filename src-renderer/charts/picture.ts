/** A figure as a file: PNG and SVG drawn anew with its title, CSV and JSON as text. */
import type { EChartsOption } from 'echarts'
import { toCsv } from '../base/csv'
import type { Size } from '../base/geometry'
import type { ChartTheme } from './chart-theme'
import { init } from './echarts'
import type { Figure } from './figure'

export const formats = ['png', 'svg', 'csv', 'json'] as const
export type PictureFormat = (typeof formats)[number]

export interface PictureFile {
  readonly name: string
  readonly blob: Blob
}

const headRoom = 30

/** The option with a title above and an opaque ground, as a picture on its own needs. */
export function titled(option: EChartsOption, title: string, theme: ChartTheme): EChartsOption {
  const lower = (box: object): object => ({
    ...box,
    top: Number((box as { top?: number }).top ?? 0) + headRoom,
  })
  return {
    ...option,
    backgroundColor: theme.panel,
    title: {
      text: title,
      left: 12,
      top: 10,
      textStyle: { color: theme.text, fontSize: 13, fontWeight: 600 },
    },
    ...(option.grid ? { grid: lower(option.grid as object) } : {}),
    ...(option.legend ? { legend: lower(option.legend as object) } : {}),
  }
}

export async function pictureFile(
  figure: Figure,
  { title, format, theme, size }: { title: string; format: PictureFormat; theme: ChartTheme; size: Size },
): Promise<PictureFile> {
  const name = `${fileStem(title)}.${format}`
  const option = figure.option(theme)
  const height = size.height + headRoom
  switch (format) {
    case 'csv':
      return { name, blob: new Blob([toCsv(figure.columns())], { type: 'text/csv;charset=utf-8' }) }
    case 'json': {
      const columns = figure
        .columns()
        .map((column) => ({ name: column.name, values: Array.from<unknown>(column.values) }))
      return {
        name,
        blob: new Blob([JSON.stringify({ title, columns, option }, null, 1)], { type: 'application/json' }),
      }
    }
    case 'svg':
      return {
        name,
        blob: new Blob([svgText(titled(option, title, theme), { ...size, height })], {
          type: 'image/svg+xml',
        }),
      }
    case 'png':
      return { name, blob: await pngBlob(titled(option, title, theme), { ...size, height }) }
  }
}

export function svgText(option: EChartsOption, { width, height }: Size): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption(option)
  const text = chart.renderToSVGString()
  chart.dispose()
  return text
}

async function pngBlob(option: EChartsOption, { width, height }: Size): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const chart = init(canvas, null, { renderer: 'canvas', width, height, devicePixelRatio: 2 })
  // Progressive drawing would leave the picture unfinished when it is read.
  const series = [option.series ?? []].flat().map((one) => ({ ...one, progressive: 0 }))
  chart.setOption({ ...option, series })
  chart.getZr().flush()
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
  chart.dispose()
  if (!blob) throw new Error('invariant broken: the browser gave no picture for a canvas')
  return blob
}

/** A title as a file name: letters and digits with dashes between, at most 80. */
export function fileStem(title: string): string {
  return (
    title
      .normalize('NFKD')
      .replaceAll(/[^\w]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .toLowerCase()
      .slice(0, 80) || 'figure'
  )
}

/** Offers a file as a download; the shell decides where it goes. */
export function saveFile({ name, blob }: PictureFile): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The download has taken its own hold of the data by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
