/**
 * Fetches the native half of @tensorflow/tfjs-node-gpu, which npm does not, and proves it by one matrix product.
 *
 * The package is version 4.22.0 (libtensorflow 2.9.1, CUDA 11.2, cuDNN 8.1). Its native half comes from outside npm, so
 * an unreachable host is an ordinary outcome and is reported as one sentence.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { runChild } from './child.mjs'
import { root } from './root.mjs'

const name = '@tensorflow/tfjs-node-gpu'

// Node 23 removed the util.is* functions that the package calls at its first operation.
const proof = `
const util = require('node:util')
util.isNullOrUndefined ??= (value) => value === null || value === undefined
util.isArray ??= Array.isArray
util.isString ??= (value) => typeof value === 'string'
util.isFunction ??= (value) => typeof value === 'function'
const tf = require(${JSON.stringify(name)})
const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]])).dataSync()
const right = [19, 22, 43, 50].every((value, i) => product[i] === value)
const { tensorflow } = tf.version
console.log(JSON.stringify({ right, backend: tf.getBackend(), 'tfjs-node': tf.version['tfjs-node'], tensorflow,
  libtensorflow: tf.backend().binding?.TF_Version, gpu: tf.backend().isUsingGpuDevice, node: process.version }))
`

function packageFolder() {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`))
  } catch {
    throw new Error(`${name} is not installed; npm install --include=optional brings it`)
  }
}

export async function setUpTfjs() {
  const folder = packageFolder()
  process.stdout.write(`Fetching the native half of ${name} (about 400 MB) …\n`)
  const script = join(folder, 'scripts', 'install.js')
  const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }
  let complaint = ''
  const onStderr = (text) => (complaint += text)
  // The installer ends with code 0 after some failures, so the files it should have made are what counts.
  await runChild(process.execPath, [script, 'gpu', 'download'], { cwd: folder, env, onStderr, isQuiet: true })
  if (![join(folder, 'deps', 'lib'), join(folder, 'lib')].every((part) => existsSync(part))) {
    const reason = /^\s*(?:\w*Error|.*failed with error): (.+)$/m.exec(complaint)?.[1] ?? 'its installer gave no reason'
    throw new Error(`the native half of ${name} could not be fetched: ${reason}`)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', proof], { cwd: root, encoding: 'utf8' })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) {
    const reason = stderr.trim().split('\n').find((text) => /error/i.test(text)) ?? `exit code ${status}`
    throw new Error(`${name} is installed but does not load: ${reason}`)
  }
  const result = JSON.parse(line)
  if (!result.right) throw new Error(`${name} loads but computes a wrong matrix product`)
  process.stdout.write(`${name} works: ${line}\n`)
}
