import { ok } from '../../../base/result'
import type { BackendCandidate } from '../../backend'
import { tf } from '../../tf'
import { loadAddon } from './addon'
import { einsumKernels } from './kernels/einsum'
import { elementwiseKernels } from './kernels/elementwise'
import { fusedKernels } from './kernels/fused'
import { registerKernels } from './kernels/kernel'
import { movementKernels } from './kernels/movement'
import { productKernels } from './kernels/product'
import { rearrangementKernels } from './kernels/rearrangement'
import { reductionKernels } from './kernels/reduction'
import { softmaxKernels } from './kernels/softmax'
import { NativeBackend } from './math-backend'

const registeredAs = 'native'

/** Faster than the other backends that compute on the processor; needs its addon built. */
export const native: BackendCandidate = {
  id: 'native',
  title: 'Processor (own kernels)',
  load() {
    const loaded = loadAddon()
    if (!loaded.ok) return Promise.resolve(loaded)
    const addon = loaded.value
    if (!tf.findBackendFactory(registeredAs)) {
      registerKernels(registeredAs, {
        ...einsumKernels, ...elementwiseKernels, ...fusedKernels, ...movementKernels, ...productKernels,
        ...rearrangementKernels, ...reductionKernels, ...softmaxKernels,
      })
      tf.registerBackend(registeredAs, () => new NativeBackend(addon))
    }
    return Promise.resolve(
      ok({
        registeredAs,
        capabilities: { isGpu: false, hasSimd: true, threads: addon.threads() },
        versions: { 'instruction set': addon.instructionSet() },
      }),
    )
  },
}
