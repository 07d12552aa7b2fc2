import type { BackendCandidate } from '../backend'
import { loadTfjsNode } from '../tfjs-node'

export const node: BackendCandidate = {
  id: 'node',
  title: 'Processor (TensorFlow)',
  load: () => loadTfjsNode('@tensorflow/tfjs-node'),
}
