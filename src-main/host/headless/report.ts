/** `grokscope report`: renders a project, or a report that was exported before, without changing either. */
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { unwrap } from '../../base/result'
import { readReport, type ReportDocument } from '../../lab/reports/report'
import { createHost, type Host } from '../services/host'
import { openStore } from '../store/database'
import type { ReportOptions } from './options'
import { readText, type Surroundings } from './run'

const extensions = { html: 'html', json: 'json', markdown: 'md', pdf: 'pdf' } as const

export async function report({ file, out, format }: ReportOptions, { console, pdf, spawn }: Surroundings): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'grokscope-'))
  const host = await createHost({
    workspace: scratch,
    shell: 'served',
    opensProject: false,
    ...(pdf && { pdf }),
    ...(spawn && { spawn }),
  })
  try {
    const document = file.endsWith('.grokscope') ? await documentOfProject(host, { file, scratch }) : unwrap(readReport(readText(file)))
    const { bytes } = await host.reports.render(document, format)
    const target = out ?? join(dirname(file), `${basename(file).replace(/\.[^.]+$/, '')}.${extensions[format]}`)
    writeFileSync(target, bytes)
    console.say(`wrote ${target}`, { event: 'wrote', file: target })
    return 0
  } finally {
    await host.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function documentOfProject(host: Host, { file, scratch }: { readonly file: string; readonly scratch: string }): Promise<ReportDocument> {
  // Reading alone also works beside an open window and on a read-only disk.
  const opened = openStore(resolve(file), { isReadOnly: true })
  // A project of an older version is brought up to date in a copy; the file itself stays as it is.
  const isOlder = !opened.ok && opened.error.code === 'PROJECT_READ_ONLY'
  const store = unwrap(isOlder ? openStore(copyOf(resolve(file), scratch)) : opened)
  try {
    return await host.reports.document(store, basename(file, '.grokscope'))
  } finally {
    store.dispose()
  }
}

/** The project in another folder, with what its last writer had not yet put into the file. */
function copyOf(file: string, folder: string): string {
  const copy = join(folder, basename(file))
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  return copy
}
