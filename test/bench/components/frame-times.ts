/** How long a window takes from an event to the frame that shows it. */
import type { Page } from 'playwright-core'

/** Time from each key to the end of the second frame after it; the first computes, the second shows. */
export async function stepTimes(page: Page, { key, repeats }: { key: string; repeats: number }): Promise<number[]> {
  return page.evaluate(
    async ({ key, repeats }) => {
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
      const times: number[] = []
      for (let i = 0; i < repeats; i++) {
        await frame()
        const startMs = performance.now()
        document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true }))
        await Promise.resolve()
        // A task after the frame's callbacks: style, layout and script of this step are done by then.
        await new Promise<void>((resolve) => {
          requestAnimationFrame(() => {
            const channel = new MessageChannel()
            channel.port1.onmessage = () => resolve()
            channel.port2.postMessage(0)
          })
        })
        times.push(performance.now() - startMs)
      }
      return times
    },
    { key, repeats },
  )
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
