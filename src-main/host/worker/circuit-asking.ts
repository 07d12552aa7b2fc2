/** What every question about circuits is resolved to: the network, its pairs, the recording, the method; and what it is checked for. */
import type { NamedArray } from '../../base/array'
import { AppError, unwrap } from '../../base/result'
import { checkSettings, type SettingValues } from '../../base/settings'
import type { Provenance } from '../../contract/interpret'
import type { AnswerSet, PairSource } from '../../contract/patching'
import type { CircuitMethod } from '../../lab/interpret/circuit-methods/circuit-method'
import exactEdges from '../../lab/interpret/circuit-methods/exact-edges'
import type { CircuitPlan } from '../../lab/interpret/components/circuit-recording'
import { withoutGraph } from '../../lab/interpret/components/circuit-suitability'
import { ablationDefinitions, type EdgeAblation } from '../../lab/interpret/components/edge-runner'
import { graphOf } from '../../lab/interpret/components/perceptron-graph'
import { metricDefinitions, type PatchMetric } from '../../lab/interpret/components/patch-metric'
import { suitableSubject, type Bench } from './bench'
import { circuitMethods } from './circuit-methods'
import { createCircuitRecordings, type HeldRecording } from './circuit-recordings'
import { invalid, resolvePairs } from './pairs'
import type { Subject } from './subjects'

export interface CircuitTerms {
  readonly key: string
  readonly source: PairSource
  readonly metric: PatchMetric
  readonly ablation: EdgeAblation
  readonly answerSet?: AnswerSet | undefined
}

export interface AskedCircuit {
  readonly subject: Subject
  readonly plan: CircuitPlan
  /** What "How was this computed" says of the terms. */
  readonly said: Provenance['spec']
}

export interface CircuitDesk {
  subjectFor(key: string): Subject
  countOf(subject: Subject): number
  asked(terms: CircuitTerms): AskedCircuit
  /** Does some work with the recording of what is asked, which stays for the next question about the same. */
  recorded<T>(asked: AskedCircuit, terms: CircuitTerms, work: (held: HeldRecording) => T): T
}

export function createCircuitDesk({ subjects }: Bench): CircuitDesk {
  const recordings = createCircuitRecordings()
  const subjectFor = (key: string): Subject => suitableSubject(subjects, key, exactEdges)
  const countOf = ({ network }: Subject): number => graphOf(network).edgeCount

  function asked({ key, source, answerSet, metric, ablation }: CircuitTerms): AskedCircuit {
    const subject = subjectFor(key)
    const { pairs, spec } = resolvePairs(subject, source, answerSet)
    const told = { metric: `${metric}: ${metricDefinitions[metric]}`, ablation: `${ablation}: ${ablationDefinitions[ablation]}` }
    const plan = { pairs, metric, ablation }
    const why = withoutGraph(subject.network, plan)
    if (why) throw new AppError({ code: 'MODEL_UNSUITABLE', message: why })
    return { subject, plan, said: { ...spec, ...told } }
  }
  const recorded = <T>({ subject, plan }: AskedCircuit, terms: CircuitTerms, work: (held: HeldRecording) => T): T =>
    recordings.use(JSON.stringify(terms), subject.network, plan, work)

  return { subjectFor, countOf, asked, recorded }
}

export const termsOf = ({ key, source, metric, ablation, answerSet }: CircuitTerms): CircuitTerms => ({ key, source, metric, ablation, answerSet })

export function chosenMethod(id: string, settings: SettingValues, on: Pick<AskedCircuit, 'subject' | 'plan'>): { method: CircuitMethod; values: SettingValues } {
  const method = circuitMethods.find((one) => one.id === id)
  if (!method) throw invalid(`unknown method '${id}'; known: ${circuitMethods.map((one) => one.id).join(', ')}`)
  const why = method.unsuitable(on.subject.network, on.plan)
  if (why) throw new AppError({ code: 'MODEL_UNSUITABLE', message: `${method.title}: ${why}` })
  return { method, values: unwrap(checkSettings(method.fields, settings)) }
}

// What arguments are checked for, beyond their schema

export function wholeScores({ shape, data }: NamedArray, edgeCount: number): Float64Array {
  const unknown = data.findIndex((value) => !Number.isFinite(value))
  if (shape.join() !== String(edgeCount)) throw invalid(`scores are [${shape}]; the graph has ${edgeCount} edges`)
  if (unknown >= 0) throw invalid(`the score of edge ${unknown} is ${data[unknown]}; every one has to be a number`)
  return Float64Array.from(data)
}

export function edgeNumbers({ shape, data }: NamedArray, edgeCount: number): readonly number[] {
  if (shape.length !== 1 || !(data instanceof Int32Array)) throw invalid(`edges are [${shape}]; expected their numbers, int32`)
  checkEdges([...data], edgeCount)
  return [...data]
}

export function checkEdges(edges: readonly number[], edgeCount: number): void {
  const beyond = edges.find((edge) => edge < 0 || edge >= edgeCount)
  if (beyond !== undefined) throw invalid(`no edge ${beyond}; the graph has edges 0 to ${edgeCount - 1}`)
}
