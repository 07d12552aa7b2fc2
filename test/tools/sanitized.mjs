/**
 * The native addon under sanitizers: built with them, and how to start Node so that it loads.
 *
 * Node itself is not instrumented, so the sanitizer's library is loaded before it, and
 *   - leaks are not looked for: V8 frees nothing of its own at exit;
 *   - the thread sanitizer ignores what modules without instrumentation do: V8 synchronizes its threads in ways that it
 *     cannot see. Races of the addon's own threads are still found.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildNativeWhenStale, productFolder } from '../../src-main/engine/backends/native/build.mjs'

const libraries = { address: 'libasan.so', undefined: 'libubsan.so', thread: 'libtsan.so' }

/** What the tests run under each; the whole is a matter of a minute or two. */
export const sanitizedSuites = ['native.test.ts', 'native-kernels.slow.test.ts', 'ops-network.test.ts', 'ops.test.ts'].map(
  (file) => `test/suites/${file}`,
)
export const sanitizers = ['address,undefined', 'thread']

/** A command to put before Node's and the environment of it, or the reason why there is none. */
export async function sanitized(sanitize) {
  if (process.platform !== 'linux') return { reason: 'sanitizers are run on Linux only' }
  const paths = sanitize.split(',').map((name) => libraryPath(libraries[name]))
  if (!paths.every(Boolean)) return { reason: `the compiler brings no library for ${sanitize}` }
  const reason = await buildNativeWhenStale({ sanitize })
  if (reason) return { reason, isBroken: true }
  return {
    // The thread sanitizer of GCC 12 finds no room under a wider randomization of addresses; setarch itself must not load it.
    prefix: [...(sanitize === 'thread' && addressBits() > 28 ? ['setarch', '-R'] : []), 'env', `LD_PRELOAD=${paths.join(' ')}`],
    env: {
      GROKSCOPE_ADDON: join(productFolder(sanitize), 'grokscope.node'),
      ASAN_OPTIONS: 'detect_leaks=0',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'ignore_noninstrumented_modules=1 halt_on_error=1',
    },
  }
}

function libraryPath(name) {
  try {
    const path = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    return existsSync(path) ? path : undefined // the bare name comes back when it is not there
  } catch {
    return undefined // no GCC
  }
}

function addressBits() {
  const file = '/proc/sys/vm/mmap_rnd_bits'
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 28
}
