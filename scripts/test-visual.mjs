/**
 * `npm run test:visual [-- --update] [NAME ...]`: compares pictures of the main screens with those in e2e/visual/baseline. Apart from `npm test`, for machines
 * draw letters differently. What differs is listed, with the picture expected, the one taken, and their difference, below test-results/visual.
 */
import { join, relative } from 'node:path'
import { readdirSync } from 'node:fs'
import { build, preview } from 'vite'
import { findChromium } from './chromium.mjs'
import { root, run } from './run.mjs'

const SITE = join(root, 'node_modules', '.cache', 'kubehop-visual')
const RESULTS = join(root, 'test-results', 'visual')
const update = process.argv.includes('--update')
const names = process.argv.slice(2).filter((word) => word !== '--update')

const executablePath = await findChromium()
if (!executablePath) throw new Error('no Chromium to take pictures with')
await build({ root, logLevel: 'warn', build: { outDir: SITE, emptyOutDir: true } })
const server = await preview({ root, logLevel: 'warn', build: { outDir: SITE }, preview: { host: '127.0.0.1', port: 0 } })
const only = names.length > 0 ? ['--grep', names.join('|')] : []
const status = await run(
  'playwright',
  ['test', '--config', join('e2e', 'visual', 'playwright.config.ts'), ...only, ...(update ? ['--update-snapshots'] : [])],
  { KUBEHOP_CHROMIUM: executablePath, KUBEHOP_URL: server.resolvedUrls.local[0] },
)
await server.close()
if (status !== 0 && !update) {
  const differences = readdirSync(RESULTS, { recursive: true }).filter((file) => String(file).endsWith('-diff.png'))
  for (const file of differences) console.error(`differs: ${relative(root, join(RESULTS, String(file)))}`)
  console.error('Meant to look so? `npm run test:visual -- --update`, look at the new pictures, commit them.')
}
process.exitCode = status
