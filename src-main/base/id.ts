/** A short identifier for rows made by this program: time-ordered, unique within a project, safe in a file name. */
export function createId(prefix: string, nowMs: number, random: () => number = Math.random): string {
  const noise = Math.floor(random() * 36 ** 6).toString(36).padStart(6, '0')
  return `${prefix}-${nowMs.toString(36)}-${noise}`
}
