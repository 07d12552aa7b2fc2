import type { Finding } from '../../contract/system'

/** Findings as a person reads them: what is there in one line, what is missing with its cost and remedy. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  const lines = findings.flatMap(({ subject, state, found, cost, remedy }) => {
    const head = `${subject.padEnd(width)}  ${state.padEnd(10)}  ${found}`
    const isFine = state === 'present' || state === 'not needed'
    return isFine ? [head] : [head, `${' '.repeat(width)}  cost: ${cost}`, `${' '.repeat(width)}  remedy: ${remedy}`]
  })
  return `${lines.join('\n')}\n`
}
