/** Makes the backend under test the one that tfjs-core's specs are declared for; to be imported before them. */
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util'
import { backendCandidates } from '@main/engine/backends'
import '@main/engine/ops/embedding-sum'

const name = process.env['GROKSCOPE_SPECS_BACKEND'] ?? 'native'
const candidate = backendCandidates.find(({ id }) => id === name)
if (!candidate) throw new Error(`unknown backend '${name}'`)
// Whatever a candidate registers it registers before its first await.
void candidate.load()
setTestEnvs([{ name, backendName: name, isDataSync: true }])
