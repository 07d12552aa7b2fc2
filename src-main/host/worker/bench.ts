/**
 * What every service of analyses works on: the networks this process holds, and the words that say how a number came
 * about. One bench a process, so that the services share the networks.
 */
import { AppError } from '../../base/result'
import type { Provenance } from '../../contract/interpret'
import type { Analysis } from '../../lab/interpret/analysis'
import { createSubjects, type Subject, type SubjectMeans, type Subjects } from './subjects'

export interface Bench {
  readonly subjects: Subjects
  /** `spec` adds what the analysis was told beside the network. */
  provenance(analysis: Pick<Analysis<never, unknown>, 'definition' | 'source'>, subject: Subject, from: Since): Provenance
}

export interface Since {
  /** `performance.now()` when the work began. */
  readonly sinceMs: number
  readonly spec: Provenance['spec']
}

export function createBench(backendId: string, means: SubjectMeans): Bench {
  return {
    subjects: createSubjects(means),
    provenance: ({ definition, source }, { hash, spec }, from) => ({
      definition,
      source,
      spec: {
        checkpoint: hash,
        task: `${spec.task.id} ${JSON.stringify(spec.task.settings)}`,
        model: `${spec.model.id} ${JSON.stringify(spec.model.settings)}`,
        seed: spec.seed,
        ...from.spec,
      },
      backend: backendId,
      elapsedMs: performance.now() - from.sinceMs,
    }),
  }
}

/** The subject, when the analysis applies to it. */
export function suitableSubject(subjects: Subjects, key: string, analysis: Pick<Analysis<never, unknown>, 'title' | 'unsuitable'>): Subject {
  const subject = subjects.require(key)
  const why = analysis.unsuitable(subject.network)
  if (why) throw new AppError({ code: 'MODEL_UNSUITABLE', message: `${analysis.title}: ${why}` })
  return subject
}
