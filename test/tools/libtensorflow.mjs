/**
 * `node src-main/host/entry/launch.mjs node test/tools/libtensorflow.mjs [--wheel tensorflow-cpu==2.21.0] [--bench]`
 *
 * Runs this program's fused operations and losses on TensorFlow's own library, without the download that tfjs-node needs.
 *
 * 1. TensorFlow's wheel on PyPI carries libtensorflow_cc.so.2, which has the C interface, and its headers.
 * 2. tfjs-node-gpu carries the C++ sources of its binding. They are compiled against that library, unchanged.
 * 3. A copy of the package's scripts, named tfjs-node, gets the binding. The program finds it by NODE_PATH.
 * 4. The suites run on that backend; with --bench, training steps too, against every other backend.
 *
 * Everything is kept under build/libtensorflow (1.2 GB). Linux only, never part of the set-up. A wheel that has the CUDA
 * half (`--wheel tensorflow`) builds the same way; it needs the nvidia-* wheels beside it to find a card.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'build', 'libtensorflow')
const args = process.argv.slice(2)
const wheel = args.includes('--wheel') ? args[args.indexOf('--wheel') + 1] : 'tensorflow-cpu'
const python = process.env.GROKSCOPE_PYTHON?.split(':')[0] ?? 'python3'

function run(program, words, options = {}) {
  const { status, error } = spawnSync(program, words, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw new Error(`${program}: ${error.message}`)
  return status === 0
}

/** Members of the wheel that the binding needs, 850 MB of it the library. */
const unpack = `
import sys, zipfile
wanted = ("tensorflow/libtensorflow", "tensorflow/include/tensorflow/c/", "tensorflow/include/tensorflow/core/platform/",
          "tensorflow/include/tsl/", "tensorflow/include/xla/tsl/c/")
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
`

function fetchLibrary() {
  const library = join(folder, 'tensorflow')
  if (existsSync(join(library, 'libtensorflow_cc.so.2'))) return library
  const download = ['-m', 'pip', 'download', wheel, '--no-deps', '--only-binary', ':all:', '-d', folder]
  if (!run(python, download)) throw new Error(`pip could not download ${wheel}`)
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'))
  if (!run(python, ['-c', unpack, join(folder, file), folder])) throw new Error(`${file} could not be unpacked`)
  if (!existsSync(join(library, 'libtensorflow_cc.so.2'))) throw new Error(`${file} carries no libtensorflow_cc.so.2`)
  return library
}

function packageFolder(name) {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}

function buildBinding(library) {
  const source = packageFolder('@tensorflow/tfjs-node-gpu')
  const made = join(folder, 'node_modules', '@tensorflow', 'tfjs-node')
  const napi = join(made, 'lib', 'napi-v8')
  mkdirSync(napi, { recursive: true })
  cpSync(join(source, 'dist'), join(made, 'dist'), { recursive: true })
  const manifest = { ...JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')), name: '@tensorflow/tfjs-node' }
  writeFileSync(join(made, 'package.json'), JSON.stringify(manifest, undefined, 2))

  const includes = [join(packageFolder('node-api-headers'), 'include'), join(library, 'include'), source]
  const isBuilt = run(process.env.CXX ?? 'c++', [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8'],
    ...includes.map((place) => `-I${place}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, 'binding', file)),
    ...['-o', join(napi, 'tfjs_binding.node'), `-L${library}`, `-Wl,-rpath,${library}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  ])
  if (!isBuilt) throw new Error('the binding does not compile against this library')
}

const suites = ['ops', 'losses', 'optimizers', 'models', 'probes'].map((name) => `test/suites/${name}.test.ts`)

try {
  mkdirSync(folder, { recursive: true })
  buildBinding(fetchLibrary())
  const env = {
    ...process.env,
    NODE_PATH: join(folder, 'node_modules'),
    TF_CPP_MIN_LOG_LEVEL: '2',
    NODE_NO_WARNINGS: '1',
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const words = ['run', '--config', 'test/vitest.config.ts', '--project', 'suites', '--maxWorkers=1', ...suites]
  const isGood = run(process.execPath, [vitest, ...words], { env: { ...env, GROKSCOPE_TEST_BACKEND: 'node' } })
  if (args.includes('--bench')) run(process.execPath, [join(root, 'test/tools/bench.mjs'), 'steps', 'products'], { env })
  process.exitCode = isGood ? 0 : 1
} catch (error) {
  process.stderr.write(`libtensorflow: ${error.message}\n`)
  process.exitCode = 1
}
