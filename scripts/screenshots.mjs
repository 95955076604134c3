/**
 * `npm run screenshots [-- NAME ...]`: pictures of the main screens of the built page, for the README and for looking at. Motion is off, so that a picture shows
 * the same moment each time; fonts differ between machines, so pictures are looked at and not compared.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { build, preview } from 'vite'
import { findChromium } from './chromium.mjs'
import { root } from './run.mjs'

const OUT = join(root, 'docs', 'screenshots')
const SITE = join(root, 'node_modules', '.cache', 'kubehop-screenshots')
const DESKTOP = { width: 1440, height: 900 }
const PROJECTOR = { width: 1280, height: 720 }
const PHONE = { width: 390, height: 844 }

const press = async (page, key, times) => {
  for (let i = 0; i < times; i++) await page.keyboard.press(key)
}
const sample = (page, name) =>
  page
    .getByRole('tab', { name: 'Samples' })
    .click()
    .then(() => page.getByRole('button', { name }).first().click())

/** An Ingress controller in its pod, opened on the map and in the inspector, with a request on its way through it. */
async function opensController(page) {
  await sample(page, 'ingress-nginx and two applications')
  await page.getByText('GET /').first().waitFor({ state: 'attached' })
  await page.getByRole('button', { name: 'Dismiss' }).first().click()
  await page
    .getByRole('grid', { name: /^Packets/ })
    .getByText('GET /')
    .first()
    .click()
  await press(page, 'ArrowRight', 4)
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('pod/ingress-nginx/ingress-nginx-controller')
  await page
    .getByRole('option', { name: /^pod\/ingress-nginx/ })
    .first()
    .click()
  await page.waitForTimeout(1000)
}

/** What each picture shows: a window, a theme, and what a person did before. */
const SCREENS = [
  { name: 'tunnel-light', viewport: DESKTOP, theme: 'light', act: (page) => press(page, 'ArrowRight', 2) },
  { name: 'tunnel-dark', viewport: DESKTOP, theme: 'dark', act: (page) => press(page, 'ArrowRight', 2) },
  {
    name: 'kernel',
    viewport: DESKTOP,
    theme: 'light',
    act: (page) => press(page, '3', 1).then(() => press(page, 'ArrowRight', 1)),
  },
  { name: 'story', viewport: PROJECTOR, theme: 'light', act: (page) => press(page, '1', 1) },
  { name: 'controller', viewport: DESKTOP, theme: 'light', act: opensController },
  {
    name: 'refused',
    viewport: DESKTOP,
    theme: 'dark',
    act: (page) => sample(page, 'A Service without endpoints').then(() => press(page, 'ArrowRight', 2)),
  },
  { name: 'phone', viewport: PHONE, theme: 'light', act: () => Promise.resolve() },
]

async function take(browser, url, { name, viewport, theme, act }) {
  const page = await browser.newPage({ viewport, colorScheme: theme, reducedMotion: 'reduce' })
  const complaints = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url)
  await page.getByText('[SYN]').first().waitFor({ state: 'attached' })
  await page.getByRole('button', { name: 'Skip' }).click()
  await act(page)
  await page.waitForTimeout(500)
  await page.screenshot({ path: join(OUT, `${name}.png`) })
  await page.close()
  for (const complaint of complaints) console.error(`${name}: ${complaint}`)
  console.log(`${name}.png`)
  return complaints.length
}

const wanted = process.argv.slice(2)
mkdirSync(OUT, { recursive: true })
await build({ root, logLevel: 'warn', build: { outDir: SITE, emptyOutDir: true } })
const server = await preview({ root, logLevel: 'warn', build: { outDir: SITE }, preview: { host: '127.0.0.1', port: 0 } })
const url = server.resolvedUrls?.local[0]
const executablePath = await findChromium()
if (!url || !executablePath) throw new Error('no page or no browser')
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
let failed = 0
for (const screen of SCREENS) if (wanted.length === 0 || wanted.includes(screen.name)) failed += await take(browser, url, screen)
await browser.close()
await server.close()
process.exitCode = failed === 0 ? 0 : 1
