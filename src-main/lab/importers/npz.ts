/**
 * NumPy's files: one array (.npy), or a zip archive of them (.npz), members stored or deflated.
 *
 * Arrays of Python objects are pickles and are refused; text beside numbers is passed over with a note.
 * Source: numpy.lib.format.
 */
import { arrayHeader, arrayTensor, beginsLikeArray, isText, type ArrayHeader } from './components/numpy-array'
import { bytesAt, quoted, refusable, refuse } from './components/refusal'
import { beginsLikeZip, openZip, type ZipMember } from './components/zip'
import { defineImporter, sourceOf, type ByteSource, type ReadCheckpoint, type ReadTensor } from './importer'

/** A header with its padding is below this in all that NumPy writes; a longer one is read in a second go. */
const usualHeaderBytes = 4096

export default defineImporter({
  id: 'npz',
  title: 'NumPy arrays',
  extensions: ['npz', 'npy'],
  source: 'numpy.lib.format',

  recognize(source) {
    if (beginsLikeArray(source)) return true
    if (!beginsLikeZip(source)) return false
    const archive = refusable(() => openZip(source))
    return archive.ok && archive.value.size > 0 && [...archive.value.keys()].every((name) => name.endsWith('.npy'))
  },

  read: (source) => refusable(() => (beginsLikeArray(source) ? readArray(source) : readArchive(source))),
})

function readArray(source: ByteSource): ReadCheckpoint {
  const header = arrayHeader(source)
  const { bodyOffset } = header
  const body = {
    sizeBytes: source.sizeBytes - bodyOffset,
    read: (offset: number, length: number) => bytesAt(source, bodyOffset + offset, length, 'the array'),
  }
  return { format: 'npz', tensors: [arrayTensor('array', header, body)], metadata: {}, notes: [] }
}

function readArchive(source: ByteSource): ReadCheckpoint {
  const tensors: ReadTensor[] = []
  const notes: string[] = []
  for (const member of openZip(source).values()) {
    const name = member.name.replace(/\.npy$/, '')
    const read = refusable(() => readMember(name, member))
    if (!read.ok) refuse(`array ${quoted(name)}: ${read.error.message}`)
    if (typeof read.value === 'string') notes.push(read.value)
    else tensors.push(read.value)
  }
  return { format: 'npz', tensors, metadata: {}, notes }
}

/** The tensor, or a note on why there is none. */
function readMember(name: string, member: ZipMember): ReadTensor | string {
  const header = headerOf(member)
  if (isText(header.descr)) return `array ${quoted(name)} holds text and was passed over`
  const { bodyOffset } = header
  const sizeBytes = member.sizeBytes - bodyOffset
  return arrayTensor(name, header, {
    sizeBytes,
    read: (offset, length) => {
      // Read whole, so that the checksum vouches for what is taken.
      const bytes = length === sizeBytes ? member.readAll() : undefined
      return bytes ? bytes.subarray(bodyOffset, bodyOffset + length) : member.read(bodyOffset + offset, length)
    },
  })
}

function headerOf(member: ZipMember): ArrayHeader {
  const headerIn = (bytes: Uint8Array): ArrayHeader => arrayHeader(sourceOf(member.name, bytes))
  const start = refusable(() => headerIn(member.readStart(usualHeaderBytes)))
  return start.ok ? start.value : headerIn(member.readAll())
}
