/**
 * Everything that must hold, in order of how soon it can fail: types, lint, format, unit and golden tests, real proxies, build, browser tests. All phases run even
 * when one fails. The last line counts tests (`N passed, N failed`); a phase that fails without a failed test counts as one.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { preview } from 'vite'
import { findChromium } from './chromium.mjs'
import { root, run } from './run.mjs'

const SOURCES = ['src', 'e2e', 'scripts']
const reports = join(root, 'node_modules', '.cache', 'kubehop-test')
const tally = { passed: 0, failed: 0, skipped: 0 }
const broken = []

/** `count` reads a report into the tally and says how many tests failed; without it, the exit status is all there is. */
async function phase(name, command, args, { env = {}, count = () => 0 } = {}) {
  console.log(`\n── ${name}`)
  const started = Date.now()
  const status = await run(command, args, env)
  const failed = count()
  if (status !== 0 || failed > 0) broken.push(name)
  if (status !== 0 && failed === 0) tally.failed++
  console.log(`── ${name}: ${status === 0 ? 'ok' : `exit status ${status}`} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

function report(file) {
  try {
    return JSON.parse(readFileSync(join(reports, file), 'utf8'))
  } catch {
    return undefined
  }
}

function add({ passed, failed, skipped }) {
  tally.passed += passed
  tally.failed += failed
  tally.skipped += skipped
  return failed
}

function countVitest() {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report('vitest.json') ?? {}
  return add({ passed: numPassedTests ?? 0, failed: numFailedTests ?? 0, skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0) })
}

/** Playwright calls a test flaky that passed when tried again. */
function countPlaywright() {
  const { expected = 0, flaky = 0, unexpected = 0, skipped = 0 } = report('playwright.json')?.stats ?? {}
  return add({ passed: expected + flaky, failed: unexpected, skipped })
}

/** The site that was just built, on whatever port is free: nothing else on the machine can be in the way. */
async function served() {
  const server = await preview({ root, preview: { host: '127.0.0.1', port: 0 }, logLevel: 'warn' })
  return { url: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => server.close() }
}

/** A proxy that is not here and cannot be had is skipped, in a line that says so. */
async function proxyTests() {
  const file = join(reports, 'proxies.json')
  await phase('real proxies', 'npm', ['run', '--silent', 'verify:proxies', '--', '1', '6', '--report', file], {
    count: () => add(report('proxies.json') ?? { passed: 0, failed: 0, skipped: 0 }),
  })
}

async function browserTests() {
  if (broken.includes('build')) return void broken.push('browser tests (not run: there is no build)')
  const chromium = await findChromium()
  if (!chromium) {
    console.error(
      `\n── browser tests: no Chromium${process.env.KUBEHOP_CHROMIUM ? ' at KUBEHOP_CHROMIUM' : ' here, and none could be installed'}`,
    )
    broken.push('browser tests')
    tally.failed++
    return
  }
  const server = await served()
  await phase(`browser tests (${chromium})`, 'playwright', ['test', '--reporter=list,json'], {
    env: { KUBEHOP_CHROMIUM: chromium, KUBEHOP_URL: server.url, PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'playwright.json') },
    count: countPlaywright,
  })
  await server.close()
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
await phase('types', 'tsc', ['-b'])
await phase('lint', 'oxlint', ['--type-aware', ...SOURCES])
await phase('format', 'biome', ['format', ...SOURCES])
await phase('tests', 'vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, 'vitest.json')}`], {
  count: countVitest,
})
await proxyTests()
await phase('build', 'npm', ['run', '--silent', 'build'])
await browserTests()

if (broken.length > 0) console.log(`\nnot in order: ${broken.join(', ')}`)
console.log(`\n${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''}`)
process.exitCode = broken.length > 0 ? 1 : 0
