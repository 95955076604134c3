import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const noTransition = fileURLToPath(new URL('src/canvas/no-transition.ts', import.meta.url))

export default defineConfig({
  base: './',
  resolve: { alias: { 'd3-transition': noTransition, 'd3-interpolate': noTransition } },
  plugins: [react()],
  worker: { format: 'es' },
  build: { outDir: 'dist/site', target: 'es2023' },
  test: { include: ['src/**/*.test.{ts,tsx}'], passWithNoTests: false, testTimeout: 60_000 },
})
