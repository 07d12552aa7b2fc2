import { err, ok } from '../../../base/result'
import type { BackendCandidate } from '../../backend'
import { tf } from '../../tf'
import { registerWasmKernels } from './kernels'

export const wasm: BackendCandidate = {
  id: 'wasm',
  title: 'WebAssembly',
  async load() {
    try {
      // The package finds its .wasm files beside its own script, so no path needs to be set under Node.
      const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm')
      registerWasmKernels()
      const hasSimd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true
      return ok({
        registeredAs: 'wasm',
        // The package turns threads off under Node.
        capabilities: { isGpu: false, hasSimd, threads: 1 },
        versions: { 'tfjs-backend-wasm': version_wasm },
      })
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      return err('BACKEND_UNAVAILABLE', `package @tensorflow/tfjs-backend-wasm does not load: ${message}`)
    }
  },
}
