/**
 * The page a browser without the cookie sees: it trades the token of the address's fragment for the cookie and goes on.
 * The script is a file of its own, because the content policy allows no inline one.
 */
export const entryPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Grokscope</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark }
  body { font: 14px/1.5 system-ui, sans-serif; max-width: 34em; margin: 20vh auto; padding: 0 1em }
</style>
<p id="message" role="status">Opening the workbench …</p>
<noscript>The workbench needs JavaScript.</noscript>
<script src="/entry.js"></script>
</html>
`

export const entryScript = `const message = document.getElementById('message')

async function enter() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  // Without a token the cookie may still be there: a link on another site does not send it, this request does.
  const answer = token
    ? await fetch('/session', { method: 'POST', body: JSON.stringify({ token }) })
    : await fetch('/session')
  if (answer.ok) return location.replace('/')
  message.textContent = answer.status === 429
    ? 'Too many wrong tokens. Try again in a minute.'
    : token
      ? 'This address belongs to another start of Grokscope. Open the one its terminal shows now.'
      : 'Open the complete address that Grokscope printed in its terminal: it ends in #token=…'
}

enter().catch(() => { message.textContent = 'Grokscope does not answer. Is it still running?' })
`
