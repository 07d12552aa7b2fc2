/**
 * PyTorch's archive since 1.6: a zip with one folder, in it `data.pkl`, one member `data/<key>` a storage, and `byteorder`.
 * Source: pytorch, torch/serialization.py, _save and _load.
 */
import type { ByteSource } from '../importer'
import { quoted, refuse } from './refusal'
import type { StoragePlaces } from './torch-storage'
import { openZip, type ZipArchive } from './zip'

export interface TorchArchive {
  readonly pickle: Uint8Array
  readonly places: StoragePlaces
}

export function openTorchArchive(source: ByteSource): TorchArchive {
  const archive = openZip(source)
  const root = rootOf(archive)
  if (archive.has(`${root}constants.pkl`) || [...archive.keys()].some((name) => name.startsWith(`${root}code/`))) {
    return refuse('it is a TorchScript archive, a program with weights; save the state_dict() of the loaded module instead')
  }
  const order = archive.get(`${root}byteorder`)?.readStart(8)
  return {
    pickle: archive.get(`${root}data.pkl`)!.readAll(), // the root was found by it
    places: {
      isBigEndian: order !== undefined && new TextDecoder().decode(order).startsWith('big'),
      find: (key) => archive.get(`${root}data/${key}`),
    },
  }
}

/** The folder that holds `data.pkl`, with its slash; empty where that lies at the top. */
function rootOf(archive: ZipArchive): string {
  const pickles = [...archive.keys()].filter((name) => /(^|\/)data\.pkl$/.test(name))
  const [pickle] = pickles.sort((x, y) => x.length - y.length)
  if (pickle !== undefined) return pickle.slice(0, -'data.pkl'.length)
  const names = [...archive.keys()].slice(0, 3).map(quoted).join(', ')
  return refuse(`the archive has no data.pkl and is no PyTorch file; it holds ${names || 'nothing'}`)
}
