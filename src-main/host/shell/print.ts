import { BrowserWindow, session } from 'electron'
import { lockDownSession } from './lockdown'
import { pagePreferences } from './window'

const printAddress = 'app://print/'
// A report is one self-contained file: its own styles, scripts and pictures, and nothing from anywhere else.
const printPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:"

/** Prints a self-contained page in a hidden window that shares nothing with the workbench's. */
export async function printToPdf(html: string): Promise<Uint8Array> {
  const own = session.fromPartition(`print-${crypto.randomUUID()}`)
  own.protocol.handle('app', () => {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': printPolicy }
    return new Response(html, { headers })
  })
  lockDownSession(own, [printAddress])
  const window = new BrowserWindow({ show: false, webPreferences: { ...pagePreferences, session: own } })
  try {
    await window.loadURL(printAddress)
    return new Uint8Array(
      await window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true, generateTaggedPDF: true }),
    )
  } finally {
    window.destroy()
  }
}
