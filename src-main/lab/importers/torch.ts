/**
 * PyTorch's files (.pt, .pth, .bin): the zip archive, the stream before it, and the tar archive before that.
 *
 * The object in the file is a pickle; it is read by components/pickle-machine.ts, which runs nothing. Tensors are found by
 * walking what it stands for (components/pickle-tree.ts), and their values are read from the storages beside it.
 *
 * What may be in the pickle:
 * - a state dict, or containers that hold one: read. A call of a name that is not on the list refuses the file.
 * - objects of classes that are not on the list: stand-ins, whose attributes become metadata.
 * - a whole module, saved with its classes: its tensors get the names of its state dict, and a note says so. A call of
 *   an unknown name in it gives a stand-in that is never looked into, and a note names the call.
 *
 * Tensors read on any machine, whatever device they were saved on.
 */
import { plainRules, storageOf } from './components/pickle-calls'
import { readPickle, type ReadPickle } from './components/pickle-machine'
import { pickleTree, type PickleTree } from './components/pickle-tree'
import { isKind } from './components/pickle-value'
import { quoted, refusable, refuse } from './components/refusal'
import { beginsLikeTar } from './components/tar'
import { openTorchArchive } from './components/torch-archive'
import { beginsLikeLegacy, openLegacy, openTorchTar, type LegacyFile } from './components/torch-legacy'
import { tensorsOf } from './components/torch-storage'
import { beginsLikeZip } from './components/zip'
import { defineImporter, type ByteSource, type ReadCheckpoint } from './importer'

export default defineImporter({
  id: 'torch',
  title: 'PyTorch',
  extensions: ['pt', 'pth', 'bin', 'tar', 'ckpt'],
  source: 'pytorch, torch/serialization.py',

  recognize: (source) => beginsLikeZip(source) || beginsLikeLegacy(source) || beginsLikeTar(source),

  read: (source) => refusable(() => readTorch(source)),
})

function readTorch(source: ByteSource): ReadCheckpoint {
  const { pickle, places } = opened(source)
  const tree = pickleTree(pickle.value)
  checkCalls(pickle)
  return { format: 'torch', tensors: tensorsOf(tree.leaves, places), metadata: tree.metadata, notes: notesOn(pickle, tree) }
}

function opened(source: ByteSource): LegacyFile {
  if (beginsLikeLegacy(source)) return openLegacy(source)
  if (beginsLikeTar(source)) return openTorchTar(source)
  const { pickle, places } = openTorchArchive(source)
  const persistent = (id: Parameters<typeof storageOf>[0]) => storageOf(id) ?? refuse('the pickle names what is no storage; it is damaged')
  return { pickle: readPickle(pickle, { ...plainRules, persistent }), places }
}

function checkCalls({ value, unknownCalls }: ReadPickle): void {
  if (unknownCalls.size === 0 || isKind(value, 'instance')) return
  const names = [...unknownCalls].slice(0, 3).map(quoted).join(', ')
  refuse(`the pickle calls ${names}, not on the list of harmless names; save the state_dict() alone`)
}

function notesOn({ unknownCalls }: ReadPickle, { moduleClasses }: PickleTree): readonly string[] {
  const [first, ...others] = moduleClasses
  if (first === undefined) return []
  const count = others.length === 0 ? '' : ` and ${others.length} other classes`
  const calls = [...unknownCalls].slice(0, 10).map(quoted).join(', ')
  return [
    `a whole module was saved (${first}${count}); none of its code was run, its tensors were read by walking its state`,
    ...(calls ? [`what calling ${calls} would have given was left out`] : []),
  ]
}
