import type { BackendCandidate } from '../backend'
import { cpu } from './cpu'
import { cuda } from './cuda'
import { native } from './native'
import { node } from './node'
import { wasm } from './wasm'

/** Every backend this program can use, fastest first. */
export const backendCandidates: readonly BackendCandidate[] = [cuda, native, node, wasm, cpu]
