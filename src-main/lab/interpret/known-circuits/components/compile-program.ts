/**
 * From a program to a transformer that computes it, and to the edges it uses.
 *
 * 1. Placing. A step goes to the earliest place of its kind after everything it reads: heads of layer l, then its MLP. Maps
 *    of one layer share its MLP. Every layer has a spare head and there are at least two layers, so that something is unused.
 * 2. Directions. Every variable has directions of its own in the residual stream, one a name, or one for a number.
 * 3. Weights. A head scores position j for query i by sharpness · selects(query, key) and carries the value to the directions of
 *    its result. MLPs look up. Logits read the output's directions. What every position asks alike is a bias, so that no
 *    component reads a constant from the stream.
 * 4. Edges. A component reads directions and writes directions. An edge is used where the writer writes a variable that
 *    the reader reads: from the program alone, not from what ablating does.
 *
 * An edge that carries only what the same position always holds (positions, and what is computed of them alone) is used but
 * cannot be told by exchanging it for another sequence's: `edges.varying` leaves those out, `edges.used` has them.
 *
 * Sharpness 10 gives a position that is not selected e^-10 of the weight of one that is.
 * Source: arXiv:2301.05062 §3. Differs: no constant direction, and numbers are looked up by neurons with steps.
 */
import { assert } from '../../../../base/assert'
import { defaultsOf } from '../../../../base/settings'
import { parameterForms } from '../../../models/components/transformer-weights'
import type { TransformerSettings } from '../../../models/components/transformer-fields'
import type { ArraysByName, Dimensions } from '../../../models/model'
import transformer from '../../../models/transformer'
import { circuitGraph, edgeName } from '../../components/circuit-graph'
import { emptyArrays, type Writing } from './weight-writing'
import { lookupNeurons, type Neuron } from './lookup-neurons'
import type { AttendStep, MapStep, Program, Step, Variable } from './program'

const sharpness = 10
/** Neurons beyond those used, for noise to fill. */
const spareNeurons = 4

export interface CompiledProgram {
  readonly settings: TransformerSettings
  readonly dims: Dimensions
  readonly arrays: ArraysByName
  readonly edges: KnownEdges
  /** Heads that no step uses, as [layer, head]. */
  readonly spareHeads: readonly (readonly [number, number])[]
}

/** By name, in the order of the graph. */
export interface KnownEdges {
  /** All edges along which the program's network carries a variable that is read. */
  readonly used: readonly string[]
  /** Those of them that carry something of the tokens. */
  readonly varying: readonly string[]
}

interface PlacedHead {
  readonly step: AttendStep
  readonly layer: number
  readonly head: number
}

interface Placed {
  readonly heads: readonly PlacedHead[]
  readonly maps: readonly { readonly step: MapStep; readonly layer: number }[]
  /** Name of the component that writes a variable, by the variable's id. */
  readonly writerOf: ReadonlyMap<number, string>
}

export function compileProgram(program: Program, isCausal: boolean): CompiledProgram {
  const placed = place(program)
  const offsets = offsetsOf(program)
  const offsetOf = ({ id }: { readonly id: number }): number => offsets.get(id)!
  const layers = [...placed.heads, ...placed.maps].map(({ layer }) => layer)
  const n_layers = Math.max(2, ...layers.map((layer) => layer + 1))
  const n_heads = 1 + Math.max(1, ...placed.heads.map(({ head }) => head + 1))
  const neurons = Array.from({ length: n_layers }, (_, layer) =>
    placed.maps.filter((map) => map.layer === layer).flatMap(({ step }) => lookupNeurons(step, offsetOf)),
  )
  const settings: TransformerSettings = {
    ...(defaultsOf(transformer.fields) as TransformerSettings), // the defaults are the model's own
    n_layers,
    n_heads,
    d_model: [...offsets.values()].at(-1)! + sizeOf(program.steps.at(-1)?.writes ?? program.positions),
    d_head: Math.max(1, ...placed.heads.flatMap(({ step: { key, value } }) => [key?.size ?? 1, value.size])),
    d_mlp: spareNeurons + Math.max(...neurons.map(({ length }) => length)),
    attentionDirection: isCausal ? 'causal' : 'bidirectional',
    attentionScale: 1,
    biases: true,
  }
  const dims = { n_ctx: program.positions.size, d_vocab: program.tokens.size, d_vocab_out: program.output.size }
  const { arrays, write } = emptyArrays(parameterForms(settings, dims))
  for (let i = 0; i < program.tokens.size; i++) write('W_E', [i, offsetOf(program.tokens) + i], 1)
  for (let i = 0; i < program.positions.size; i++) write('W_pos', [i, offsetOf(program.positions) + i], 1)
  for (let i = 0; i < program.output.size; i++) write('W_U', [offsetOf(program.output) + i, i], 1)
  for (const head of placed.heads) writeHead(write, head, offsetOf)
  neurons.forEach((ofLayer, layer) => ofLayer.forEach((neuron, i) => writeNeuron(write, `blocks.${layer}.mlp`, i, neuron)))
  const isUsed = (layer: number, head: number): boolean => placed.heads.some((one) => one.layer === layer && one.head === head)
  const allHeads = Array.from({ length: n_layers * n_heads }, (_, i) => [Math.floor(i / n_heads), i % n_heads] as const)
  return { settings, dims, arrays, edges: edgesOf(program, placed, settings), spareHeads: allHeads.filter((at) => !isUsed(...at)) }
}

/** Half layers: -1 for the input, 2l for the heads of layer l, 2l + 1 for its MLP. */
function place({ tokens, positions, steps }: Program): Placed {
  const written = new Map([tokens, positions].map(({ id }) => [id, { half: -1, name: 'input' }]))
  const heads: PlacedHead[] = []
  const maps: { step: MapStep; layer: number }[] = []
  for (const step of steps) {
    const after = Math.max(-1, ...readsOf(step).map(({ id }) => written.get(id)!.half))
    if (step.kind === 'attend') {
      const layer = Math.floor(after / 2) + 1
      const head = heads.filter((one) => one.layer === layer).length
      heads.push({ step, layer, head })
      written.set(step.writes.id, { half: 2 * layer, name: `a${layer}.${head}` })
    } else {
      const layer = Math.floor((after + 1) / 2)
      maps.push({ step, layer })
      written.set(step.writes.id, { half: 2 * layer + 1, name: `m${layer}` })
    }
  }
  return { heads, maps, writerOf: new Map([...written].map(([id, { name }]) => [id, name])) }
}

function readsOf(step: Step): readonly Variable[] {
  return step.kind === 'map' ? step.inputs : [step.query, step.key, step.value].filter((one) => one !== undefined)
}

const sizeOf = (variable: Variable): number => (variable.kind === 'numeric' ? 1 : variable.size)

/** First direction of every variable, in the order they come. */
function offsetsOf({ tokens, positions, steps }: Program): ReadonlyMap<number, number> {
  let next = 0
  const offsets = new Map<number, number>()
  for (const variable of [tokens, positions, ...steps.map(({ writes }) => writes)]) {
    offsets.set(variable.id, next)
    next += sizeOf(variable)
  }
  return offsets
}

type OffsetOf = (variable: { readonly id: number }) => number

function writeHead(write: Writing, { step, layer, head }: PlacedHead, offsetOf: OffsetOf): void {
  const { query, key, selects, value, as, writes } = step
  const name = `blocks.${layer}.attn`
  assert(!query || key, 'a head with a query needs a key to select by')
  if (key) {
    assert(selects, 'a head with a key needs to say what it selects')
    for (let j = 0; j < key.size; j++) {
      write(`${name}.W_K`, [head, offsetOf(key) + j, j], 1)
      if (!query) write(`${name}.b_Q`, [head, j], sharpness * Number(selects(0, j)))
      for (let i = 0; i < (query?.size ?? 0); i++) {
        write(`${name}.W_Q`, [head, offsetOf(query!) + i, j], sharpness * Number(selects(i, j)))
      }
    }
  }
  for (let i = 0; i < value.size; i++) {
    write(`${name}.W_V`, [head, offsetOf(value) + i, as ? 0 : i], as ? as(i) : 1)
    if (!as) write(`${name}.W_O`, [head, i, offsetOf(writes) + i], 1)
  }
  if (as) write(`${name}.W_O`, [head, 0, offsetOf(writes)], 1)
}

function writeNeuron(write: Writing, name: string, neuron: number, { reads, bias, writes }: Neuron): void {
  for (const [direction, weight] of reads) write(`${name}.W_in`, [direction, neuron], weight)
  write(`${name}.b_in`, [neuron], bias)
  for (const [direction, weight] of writes) write(`${name}.W_out`, [neuron, direction], weight)
}

function edgesOf(program: Program, { heads, maps, writerOf }: Placed, settings: TransformerSettings): KnownEdges {
  const varies = new Set([program.tokens.id])
  for (const step of program.steps) if (readsOf(step).some(({ id }) => varies.has(id))) varies.add(step.writes.id)
  const reads: (readonly [reader: string, variable: Variable | undefined])[] = [
    ...heads.flatMap(({ step: { query, key, value }, layer, head }) => {
      const of = (letter: string, variable: Variable | undefined) => [`a${layer}.${head}<${letter}>`, variable] as const
      return [of('q', query), of('k', key), of('v', value)]
    }),
    ...maps.flatMap(({ step, layer }) => step.inputs.map((input) => [`m${layer}`, input] as const)),
    ['logits', program.output],
  ]
  const named = reads.flatMap(([reader, variable]) => {
    return variable ? [{ edge: `${writerOf.get(variable.id)!}->${reader}`, isVarying: varies.has(variable.id) }] : []
  })
  const graph = circuitGraph(settings)
  const inOrder = (names: readonly string[]): readonly string[] =>
    Array.from({ length: graph.edgeCount }, (_, edge) => edgeName(graph, edge)).filter((name) => names.includes(name))
  return {
    used: inOrder(named.map(({ edge }) => edge)),
    varying: inOrder(named.filter(({ isVarying }) => isVarying).map(({ edge }) => edge)),
  }
}
