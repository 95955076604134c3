import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { early, stepsOf } from './scripts/early-plugin.ts'
import { offline } from './scripts/offline-plugin.ts'
import { VERSION } from './scripts/version.ts'

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/[\\/]$/, '')
const noTransition = fileURLToPath(new URL('src/canvas/no-transition.ts', import.meta.url))

export default defineConfig({
  base: './',
  define: VERSION,
  resolve: { alias: { 'd3-transition': noTransition, 'd3-interpolate': noTransition } },
  plugins: [react(), early(), offline()],
  worker: { format: 'es' },
  // Nothing as data: in style sheets, which the page's policy would refuse.
  build: {
    outDir: 'dist/site',
    target: 'es2023',
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: stepsOf(root), debugName: 'steps of a visit' }] } } },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], passWithNoTests: false, testTimeout: 60_000 },
})
