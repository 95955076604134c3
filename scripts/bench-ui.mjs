/**
 * Frame times, load and memory of the built page in a real browser, printed as JSON. `--nodes 5000 --pods 30` is the size of the large map;
 * `--packets 2000` how many move on it at once; `--small` a quick look, `--crowd` those alone, `--first` the first visit alone (`--visits 5` of them, of which the medians are printed). The goals are those of the project: p95 of 17 ms, with the processor slowed down 4 times median 34 and p95 50.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chromium } from '@playwright/test'
import { build, preview } from 'vite'
import { projectOf } from './bench-ui/cluster.mjs'
import { drag, record, watchFrames, wheel } from './bench-ui/frames.mjs'
import { watchMessages } from './bench-ui/messages.mjs'
import { timeScenes } from './bench-ui/scenes.mjs'
import { findChromium } from './chromium.mjs'
import { root } from './run.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const small = process.argv.includes('--small')
const [firstAlone, crowdAlone] = ['--first', '--crowd'].map((flag) => process.argv.includes(flag))
const visits = option('visits', small ? 1 : 3)
const nodes = option('nodes', small ? 200 : 5000)
const pods = option('pods', 30)
const packets = option('packets', small ? 200 : 2000)
const outDir = join(root, 'node_modules', '.cache', 'kubehop-bench-ui', 'site')
const note = (text) => process.stderr.write(`${text}\n`)
const round = (value) => Math.round(value * 10) / 10
const VIEWPORT = { width: 1440, height: 900 }

/** What the browser fetches before the first map: the page, its modules and the worker. */
function bundleSizes(fetched) {
  const files = readdirSync(join(outDir, 'assets')).filter((file) => file.endsWith('.js'))
  const kilobytes = (file) => round(gzipSync(readFileSync(join(outDir, 'assets', file)), { level: 9 }).length / 1024)
  const initial = files.filter((file) => fetched.some((url) => url.endsWith(`/${file}`)))
  return {
    initialJsGzipKB: round(initial.reduce((sum, file) => sum + kilobytes(file), 0)),
    chunks: Object.fromEntries(files.map((file) => [file, kilobytes(file)])),
  }
}

/** Code and styles as every host of static pages sends them: gzip. */
const compressed = {
  name: 'kubehop-compressed',
  configurePreviewServer({ middlewares }) {
    const packed = new Map()
    const types = { js: 'text/javascript', css: 'text/css' }
    middlewares.use((request, response, next) => {
      const [, file, ending] = /^\/assets\/([\w.-]+\.(js|css))$/.exec(request.url ?? '') ?? []
      if (!file) return next()
      if (!packed.has(file)) packed.set(file, gzipSync(readFileSync(join(outDir, 'assets', file)), { level: 9 }))
      response.writeHead(200, { 'Content-Type': types[ending], 'Content-Encoding': 'gzip' })
      response.end(packed.get(file))
    })
  },
}

const MAPPED = () =>
  new Promise((resolve) => {
    const drawn = () => {
      const canvas = document.querySelector('[data-testid=map] canvas')
      if (canvas && canvas.width > 0) {
        const { data } = canvas.getContext('2d').getImageData(0, canvas.height >> 1, canvas.width, 1)
        for (let i = 4; i < data.length; i += 4) if (data[i] !== data[0] || data[i + 1] !== data[1]) return true
      }
      return false
    }
    const look = () => (drawn() ? resolve(performance.now()) : setTimeout(look, 10))
    look()
  })

/** A first visit: nothing cached, the sample that opens by itself; 10 Mbit and 40 ms on the way where the processor is slow too. */
async function firstVisit(browser, url, throttle) {
  const context = await browser.newContext({ viewport: VIEWPORT })
  const page = await context.newPage()
  await page.addInitScript(() => {
    globalThis.kubehopBlocked = 0
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) globalThis.kubehopBlocked += Math.max(0, task.duration - 50)
    }).observe({ type: 'longtask', buffered: true })
  })
  const cdp = await context.newCDPSession(page)
  if (throttle > 1) {
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: throttle })
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 40,
      downloadThroughput: 1.25e6,
      uploadThroughput: 1.25e6,
    })
  }
  await page.goto(url, { waitUntil: 'commit' })
  const firstMap = await page.evaluate(MAPPED)
  // What the page had asked for by then, not what it asked for once the map was there.
  const initial = await page.evaluate(
    (until) => performance.getEntriesByType('resource').flatMap(({ name, startTime }) => (startTime < until ? [name] : [])),
    firstMap,
  )
  await page.waitForTimeout(1500)
  const blocking = await page.evaluate(() => globalThis.kubehopBlocked)
  await context.close()
  return { firstMapMs: round(firstMap), blockingMs: round(blocking), fetched: initial }
}

/** Several, since a machine has other things to do too. */
async function firstVisits(browser, url, throttle) {
  const all = []
  for (let i = 0; i < visits; i++) all.push(await firstVisit(browser, url, throttle))
  const median = (key) => all.map((each) => each[key]).sort((a, b) => a - b)[visits >> 1]
  return { firstMapMs: median('firstMapMs'), blockingMs: median('blockingMs'), fetched: all[0].fetched }
}

async function openLarge(browser, url) {
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(600_000)
  await page.addInitScript(watchMessages)
  await page.addInitScript(watchFrames)
  // A page of the same origin that runs nothing, to leave the project where the studio finds it.
  await page.route('**/seed.html', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
  await page.goto(new URL('seed.html', url).href)
  await page.evaluate(
    async (project) => {
      const database = await new Promise((resolve, reject) => {
        const request = indexedDB.open('keyval-store')
        request.onupgradeneeded = () => request.result.createObjectStore('keyval')
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
      await new Promise((resolve, reject) => {
        const change = database.transaction('keyval', 'readwrite')
        change.objectStore('keyval').put(project, 'kubehop.project')
        change.oncomplete = resolve
        change.onerror = () => reject(change.error)
      })
      database.close()
    },
    projectOf(nodes, pods),
  )
  await page.goto(url)
  await page.waitForFunction(() => globalThis.kubehopMessages?.length > 0, undefined, { timeout: 600_000 })
  await page.evaluate(MAPPED)
  await page.waitForTimeout(800)
  return { context, page }
}

/** From all of it to the inside of one node, resting at three heights to drag the map about. */
async function frames(page, cdp) {
  const milliseconds = small ? 1200 : 2500
  const at = {}
  const across = Math.sqrt(nodes)
  at.far = await record(page, cdp, () => drag(page, milliseconds))
  await wheel(page, Math.max(1, across / 9), 600)
  at.middle = await record(page, cdp, () => drag(page, milliseconds))
  await wheel(page, 6, 600)
  at.near = await record(page, cdp, () => drag(page, milliseconds))
  await wheel(page, 1 / (6 * Math.max(1, across / 9)), 600)
  at.sweep = await record(page, cdp, async () => {
    await wheel(page, 60, milliseconds)
    await wheel(page, 1 / 60, milliseconds)
  })
  return at
}

/** Heap of page and worker, each after a collection of its own, in MB. */
async function heaps(browser, page) {
  const cdp = await page.context().newCDPSession(page)
  const megabytes = (bytes) => round(bytes / 1e6)
  const ofPage = await heapOf((method) => cdp.send(method))
  const ofWorker = await heapOf(await senderToWorker(browser))
  const all = [ofPage, ofWorker].flatMap(({ usedSize, backingStorageSize = 0 }) => [usedSize, backingStorageSize])
  const [pageMB, pageBuffersMB, workerMB, workerBuffersMB] = all.map(megabytes)
  return { pageMB, pageBuffersMB, workerMB, workerBuffersMB, togetherMB: megabytes(all.reduce((sum, bytes) => sum + bytes)) }
}

async function heapOf(send) {
  await send('HeapProfiler.enable')
  await send('HeapProfiler.collectGarbage')
  return send('Runtime.getHeapUsage')
}

/** Playwright has no session for a worker: one is had of the browser, which carries its messages. */
async function senderToWorker(browser) {
  const cdp = await browser.newBrowserCDPSession()
  const { targetInfos } = await cdp.send('Target.getTargets', { filter: [{ type: 'worker' }] })
  const target = targetInfos.find(({ title, url }) => title.includes('engine') || url.includes('engine.worker'))
  if (!target) throw new Error('the page has no worker')
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId: target.targetId, flatten: false })
  const waiting = new Map()
  cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message)
    waiting.get(id)?.(result)
  })
  return (method) =>
    new Promise((resolve, reject) => {
      const id = waiting.size + 1
      waiting.set(id, resolve)
      cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(reject)
    })
}

async function large(browser, url) {
  note(`opening ${nodes} nodes with ${pods} pods each`)
  const started = performance.now()
  const { context, page } = await openLarge(browser, url)
  const opened = performance.now() - started
  const [message] = await page.evaluate(() => globalThis.kubehopMessages)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  note('moving the map')
  const plain = await frames(page, cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  const throttled = await frames(page, cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  const heap = await heaps(browser, page)
  const screenshot = process.env.KUBEHOP_SCREENSHOT
  if (screenshot) await page.screenshot({ path: screenshot })
  await context.close()
  return {
    openMs: round(opened),
    message: { pods: message.pods, megabytes: round(message.bytes / 1e6), readMs: round(message.read) },
    frames: plain,
    framesAt4xThrottle: throttled,
    heap,
  }
}

/** The same map with packets on all of it: a page that has nothing but a painter, since nobody would send as many by hand. */
async function crowd(browser) {
  note(`${packets} packets at once`)
  const folder = join(root, 'scripts', 'bench-ui', 'crowd')
  const built = join(root, 'node_modules', '.cache', 'kubehop-bench-ui', 'crowd')
  const alias = { 'd3-transition': join(root, 'src/canvas/no-transition.ts'), 'd3-interpolate': join(root, 'src/canvas/no-transition.ts') }
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    resolve: { alias },
    build: { outDir: built, emptyOutDir: true, target: 'es2023' },
  })
  const pages = await preview({ root: folder, configFile: false, preview: { host: '127.0.0.1', port: 0 }, build: { outDir: built } })
  const context = await browser.newContext({ viewport: VIEWPORT })
  const page = await context.newPage()
  page.setDefaultTimeout(600_000)
  await page.addInitScript(watchFrames)
  await page.goto(`http://127.0.0.1:${pages.httpServer.address().port}/?nodes=${nodes}&pods=${pods}&packets=${packets}`)
  await page.evaluate(MAPPED)
  await page.waitForTimeout(1000)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  const plain = await frames(page, cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  const throttled = await frames(page, cdp)
  await context.close()
  await pages.close()
  return { packets, frames: plain, framesAt4xThrottle: throttled }
}

async function all(browser) {
  const first = await firstVisits(browser, url, 1)
  const slow = await firstVisits(browser, url, 4)
  const { initialJsGzipKB, chunks } = bundleSizes(first.fetched)
  const visit = ({ firstMapMs, blockingMs }) => ({ firstMapMs, blockingMs })
  const scene = firstAlone ? undefined : await timeScenes(nodes, pods)
  return {
    nodes,
    podsPerNode: pods,
    initialJsGzipKB,
    chunks,
    firstVisit: visit(first),
    firstVisitAt4xThrottle: visit(slow),
    scene,
    ...(firstAlone ? {} : await large(browser, url)),
    ...(firstAlone ? {} : { crowd: await crowd(browser) }),
  }
}

await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } })
const server = await preview({ root, plugins: [compressed], preview: { host: '127.0.0.1', port: 0 }, build: { outDir }, logLevel: 'warn' })
const url = `http://127.0.0.1:${server.httpServer.address().port}/`
const executablePath = await findChromium()
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--enable-precise-memory-info'] })
try {
  if (crowdAlone) console.log(JSON.stringify(await crowd(browser), undefined, 2))
  else console.log(JSON.stringify(await all(browser), undefined, 2))
} finally {
  await browser.close()
  await server.close()
}
