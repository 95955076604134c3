import { defineConfig } from '@playwright/test'
import base from '../../playwright.config.ts'

/** Pictures as tests: `npm run test:visual`, which serves a build of its own. */
export default defineConfig({
  ...base,
  testDir: '.',
  testIgnore: [],
  outputDir: '../../test-results/visual',
  snapshotPathTemplate: '{testDir}/baseline/{arg}{ext}',
  retries: 0,
  timeout: 180_000,
  expect: {
    ...base.expect,
    // A pixel that is another by more than a shade counts; a tenth of a percent of them is how differently two machines smooth letters.
    toHaveScreenshot: { animations: 'disabled', caret: 'hide', threshold: 0.2, maxDiffPixelRatio: 0.001 },
  },
})
