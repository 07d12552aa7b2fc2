/** `grokscope report`: renders a project, or a report that was exported before, without changing either. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
    const document = file.endsWith('.grokscope') ? await documentOfProject(host, file) : unwrap(readReport(readText(file)))
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

async function documentOfProject(host: Host, file: string): Promise<ReportDocument> {
  // Reading alone also works beside an open window and on a read-only disk.
  const store = unwrap(openStore(resolve(file), { isReadOnly: true }))
  try {
    return await host.reports.document(store, basename(file, '.grokscope'))
  } finally {
    store.dispose()
  }
}
