import { existsSync } from 'node:fs'
import { defineConfig, devices } from '@playwright/test'

const PORT = 4180
/** A page that is served already, instead of the build of this tree. */
const served = process.env['KUBEHOP_URL']
/** The caller's choice, else the system's; without either Playwright takes its own. */
const chromium = process.env['KUBEHOP_CHROMIUM'] ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))

export default defineConfig({
  testDir: 'e2e',
  testIgnore: 'visual/**',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: process.env['CI'] ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    baseURL: served ?? `http://127.0.0.1:${PORT}/`,
    viewport: { width: 1440, height: 900 },
    // Motion is shown by the tests that are about it; all others need no frames.
    contextOptions: { reducedMotion: 'reduce' },
    // Every visit is a first one, and files come from the server; the test of work without a network allows it.
    serviceWorkers: 'block',
    trace: 'on-first-retry',
    launchOptions: { args: ['--no-sandbox'], ...(chromium ? { executablePath: chromium } : {}) },
  },
  ...(served
    ? {}
    : {
        webServer: {
          command: `npm run --silent build:site && npm run --silent preview -- --host 127.0.0.1 --port ${PORT} --strictPort`,
          url: `http://127.0.0.1:${PORT}/`,
          timeout: 120_000,
        },
      }),
})
