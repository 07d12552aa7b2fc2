/** Tokens as labels: what cannot be seen is drawn, what is long is cut. Exact text belongs on hover. */
const drawn: Readonly<Record<string, string>> = { ' ': '·', '\n': '↵', '\r': '↵', '\t': '⇥' }

/** A leading space as a dot, line ends as an arrow; at most `most` characters. */
export function tokenLabel(text: string, most = 12): string {
  if (text === '') return '∅'
  const visible = text.replaceAll(/[\n\r\t]/g, (found) => drawn[found]!).replace(/^ +| +$/g, (found) => '·'.repeat(found.length))
  const characters = [...visible]
  return characters.length <= most ? visible : `${characters.slice(0, most - 1).join('')}…`
}
