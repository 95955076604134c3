/**
 * What a browser must load before the first map, as JSON: the page's entry and what begins the page, with everything they import at once, and the worker, each as gzip sends it.
 * Exit status 1 above the budget. Builds in memory; `dist` is not touched.
 */
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { root } from './run.mjs'

const BUDGET = 200 * 1024

const { output } = await build({ root, logLevel: 'warn', build: { write: false } })
const files = new Map(output.map((file) => [file.fileName, file]))
const gzip = (name) => gzipSync(files.get(name).code ?? files.get(name).source, { level: 9 }).length

/** Of a worker's chunks, which the page's build holds as assets: what the text imports at once. */
const importsOf = (name) => {
  const text = String(files.get(name).source)
  return [...text.matchAll(/(?:^|[;}\n])import(?:[^("'`;]*from)?["'`]\.\/([^"'`]+)["'`]/g)].map(([, file]) => `assets/${file}`)
}

const first = new Set()
const visit = (name) => {
  if (first.has(name)) return
  first.add(name)
  for (const next of files.get(name).imports ?? importsOf(name)) visit(next)
}
for (const file of output) if (file.isEntry || file.name === 'begin' || /\.worker-[^/]*\.js$/.test(file.fileName)) visit(file.fileName)

const sized = (names) => Object.fromEntries(names.map((name) => [name, gzip(name)]).sort((a, b) => b[1] - a[1]))
const later = output.map((file) => file.fileName).filter((name) => name.endsWith('.js') && !first.has(name))
const bytes = [...first].reduce((sum, name) => sum + gzip(name), 0)
const styles = output.map((file) => file.fileName).filter((name) => name.endsWith('.css'))
console.log(
  JSON.stringify(
    { budget: BUDGET, bytes, within: bytes <= BUDGET, first: sized([...first]), styles: sized(styles), later: sized(later) },
    null,
    2,
  ),
)
process.exitCode = bytes <= BUDGET ? 0 : 1
