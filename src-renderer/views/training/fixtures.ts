import type { Run, Series } from '@contract/runs'
import type { ViewFixtures } from '../../workbench/view'

const steps = Int32Array.from({ length: 61 }, (_, i) => i * 10)

/** A series with a closed form: `high` reached around step `centre`. */
function rising(id: string, title: string, centre: number, high = 0.99): Series {
  const values = Float64Array.from(steps, (step) => high / (1 + Math.exp(-(step - centre) / 15)))
  return {
    id,
    title,
    unit: '1',
    steps: { axes: ['step'], shape: [steps.length], data: steps },
    values: { axes: ['step'], shape: [steps.length], data: values },
  }
}

const run: Run = {
  id: 'run-1',
  name: 'no weight decay',
  state: 'finished',
  spec: {
    task: { id: 'modular-arithmetic', settings: { p: 97 } },
    model: { id: 'mlp', settings: { d_mlp: 500 } },
    optimizer: { id: 'adamw', settings: {} },
    loss: { id: 'mse', settings: {} },
    schedule: { steps: 600 },
    seed: 1,
  },
  tags: [],
  createdMs: 0,
  step: 600,
  lastStep: 600,
  checkpointCount: 2,
  sizeBytes: 1_000_000,
  madeWith: 'cpu',
}

const series = [
  rising('accuracy.train', 'Accuracy, train', 60),
  rising('accuracy.trainCorrupted', 'Accuracy, train, corrupted labels', 90, 0.94),
  rising('accuracy.test', 'Accuracy, test', 290),
  rising('weight-norm', 'Weight norm', 100, 40),
]

const selection = { runId: run.id, step: 600 }

export default {
  empty: { answers: { runs: { list: () => [], phases: () => [], measurements: () => [] } } },
  loading: { answers: { runs: { list: () => [run] } }, selection },
  error: {
    answers: {
      runs: {
        list: () => [run],
        phases: () => [],
        measurements: () => Promise.reject({ code: 'PROJECT_DAMAGED', message: 'page 7 of the project file cannot be read' }),
      },
    },
    selection,
  },
  full: {
    answers: {
      runs: {
        list: () => [run],
        phases: () => [{ name: 'memorization', fromStep: 0, toStep: 190 }],
        measurements: () => series,
      },
    },
    selection,
  },
} satisfies ViewFixtures
