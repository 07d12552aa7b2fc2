/**
 * A site as text, which is how the selection, a session and an address hold it: the hook point as TransformerLens writes
 * it, then what it is indexed by: `blocks.1.attn.hook_z[head=3,pos=2]`.
 */

export interface Site {
  readonly hook: string
  readonly head?: number
  readonly pos?: number
  readonly neuron?: number
}

const indices = ['head', 'pos', 'neuron'] as const

export function siteText({ hook, ...at }: Site): string {
  const parts = indices.flatMap((name) => (at[name] === undefined ? [] : [`${name}=${at[name]}`]))
  return parts.length === 0 ? hook : `${hook}[${parts.join(',')}]`
}

/** Undefined for text that is no site. */
export function parseSite(text: string | undefined): Site | undefined {
  const found = /^([\w.]+)(?:\[([^\]]*)\])?$/.exec(text ?? '')
  if (!found) return undefined
  const [, hook, inside] = found
  const at: Partial<Record<(typeof indices)[number], number>> = {}
  for (const part of inside ? inside.split(',') : []) {
    const [, name, index] = /^(head|pos|neuron)=(\d+)$/.exec(part) ?? []
    if (name === undefined) return undefined
    at[name as (typeof indices)[number]] = Number(index) // the expression admits these names only
  }
  return { hook: hook!, ...at }
}

/** Layer of a hook point inside a block: 1 for `blocks.1.attn.hook_z`. */
export function layerOf({ hook }: Site): number | undefined {
  const layer = /^blocks\.(\d+)\./.exec(hook)?.[1]
  return layer === undefined ? undefined : Number(layer)
}

/** A head the way papers write it: `1.3`, layer and head; undefined for a site that is no head. */
export function headName(site: Site): string | undefined {
  const layer = layerOf(site)
  return layer === undefined || site.head === undefined ? undefined : `${layer}.${site.head}`
}

/** The site of a whole head, which is where views that speak of heads meet. */
export function headSite(layer: number, head: number): string {
  return siteText({ hook: `blocks.${layer}.attn.hook_z`, head })
}
