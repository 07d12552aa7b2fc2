import { err } from '../../base/result'
import type { BackendCandidate } from '../backend'
import { loadTfjsNode } from '../tfjs-node'

export const cuda: BackendCandidate = {
  id: 'cuda',
  title: 'NVIDIA GPU (TensorFlow)',
  async load() {
    const loaded = await loadTfjsNode('@tensorflow/tfjs-node-gpu')
    if (!loaded.ok || loaded.value.isGpu) return loaded
    return err('BACKEND_UNAVAILABLE', 'package @tensorflow/tfjs-node-gpu loaded but found no GPU it can use')
  },
}
