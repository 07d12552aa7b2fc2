import { isAbsolute, resolve } from 'node:path'

/**
 * The project file a command line names, absolute, or undefined. The last one wins; switches, which Chromium adds of its
 * own accord, are skipped.
 */
export function projectFileIn(args: readonly string[], folder: string): string | undefined {
  const named = args.filter((arg) => !arg.startsWith('-') && /\.grokscope$/i.test(arg)).at(-1)
  if (named === undefined) return undefined
  return isAbsolute(named) ? named : resolve(folder, named)
}
