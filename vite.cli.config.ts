import { defineConfig } from 'vite'
import { VERSION } from './scripts/version.ts'

/** The command line as one file that needs nothing but Node: every dependency is bundled. */
export default defineConfig({
  publicDir: false,
  define: VERSION,
  ssr: { noExternal: true },
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist/cli',
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'kubehop.js', banner: '#!/usr/bin/env node' } },
  },
})
