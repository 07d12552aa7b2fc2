import { ok } from '../../base/result'
import type { BackendCandidate } from '../backend'

/** Plain JavaScript; part of TensorFlow.js, so always there. */
export const cpu: BackendCandidate = {
  id: 'cpu',
  title: 'Plain JavaScript',
  load: () =>
    Promise.resolve(
      ok({ registeredAs: 'cpu', capabilities: { isGpu: false, hasSimd: false, threads: 1 }, versions: {} }),
    ),
}
