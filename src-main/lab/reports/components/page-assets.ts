/** Style and script of a report page. */

export const pageStyle = `
:root {
  color-scheme: light;
  --ink: #1c2430; --faint: #5b6675; --line: #d5dae1; --good: #14653a; --some: #7a5200; --bad: #a3262b;
}
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); }
body { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 32px 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 14px; margin: 24px 0 4px; overflow-wrap: anywhere; }
.made, .sub, figcaption { color: var(--faint); }
.sub { font-size: 12px; font-weight: 400; }
.note-text { white-space: pre-wrap; overflow-wrap: anywhere; }
.figure { margin: 32px 0; }
.live { display: none; width: 100%; height: 400px; }
.is-live .live { display: block; }
.is-live .static { display: none; }
.static { display: block; width: 100%; max-width: 680px; height: auto; }
figcaption { margin-top: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin-top: 8px; }
summary { cursor: pointer; color: var(--faint); }
summary:focus-visible, button:focus-visible { outline: 2px solid #2b62c4; outline-offset: 2px; }
dl { display: grid; grid-template-columns: 120px minmax(0, 1fr); gap: 2px 16px; margin: 8px 0; font-size: 13px; }
dt { color: var(--faint); }
dt::first-letter { text-transform: uppercase; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; overflow-wrap: anywhere; }
tr { border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 500; white-space: nowrap; }
[class^="verdict-"] { font-weight: 600; white-space: nowrap; }
.nothing { color: var(--faint); font-style: italic; }
.number { text-align: right; width: 80px; }
.hash, .command { font: 12px/1.6 ui-monospace, Menlo, Consolas, monospace; }
.command { background: #f3f5f8; border: 1px solid var(--line); border-radius: 4px; padding: 8px 12px; }
.command { white-space: pre-wrap; overflow-wrap: anywhere; }
.verdict-reproduced { color: var(--good); }
.verdict-partly { color: var(--some); }
.verdict-not-reproduced { color: var(--bad); }
button { font: inherit; color: var(--ink); background: #fff; padding: 2px 12px; cursor: pointer; }
button { border: 1px solid #8792a0; border-radius: 4px; }
.actions { margin: 8px 0 0; }
@page { size: A4; margin: 14mm; }
@media print {
  main { max-width: none; padding: 0; }
  .live, .is-live .live, .actions { display: none; }
  .static, .is-live .static { display: block; }
  .figure, tr, .run { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`

/** Draws the live charts and saves what the page carries. Reads the page's own JSON and nothing else. */
export const liveCharts = `
(function () {
  'use strict'
  var read = function (id) { return JSON.parse(document.getElementById(id).textContent) }
  var report = read('document')
  var options = read('options')
  document.body.classList.add('is-live')
  var charts = []
  document.querySelectorAll('.live').forEach(function (place) {
    var chart = echarts.init(place, null, { renderer: 'canvas' })
    var option = options[Number(place.dataset.figure)]
    // A function cannot come from JSON; four digits are what tables show too.
    option.tooltip.valueFormatter = function (value) {
      return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
    }
    chart.setOption(option)
    charts.push(chart)
  })
  window.addEventListener('resize', function () { charts.forEach(function (chart) { chart.resize() }) })
  var stem = report.title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'report'
  var save = function (name, content, type) {
    var link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([content], { type: type }))
    link.download = name
    link.click()
    setTimeout(function () { URL.revokeObjectURL(link.href) }, 1000)
  }
  document.querySelectorAll('button[data-save]').forEach(function (button) {
    button.addEventListener('click', function () {
      var what = button.dataset.save
      if (what === 'document') return save(stem + '.json', JSON.stringify(report, null, 2) + '\\n', 'application/json')
      save(stem + '-figure-' + (Number(what) + 1) + '.csv', report.items[Number(what)].csv, 'text/csv')
    })
  })
})()
`
