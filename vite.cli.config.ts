import { defineConfig } from 'vite'

/** The command line as one file that needs nothing but Node: every dependency is bundled. */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist/cli',
    target: 'node20',
    rollupOptions: { output: { entryFileNames: 'kubehop.js', banner: '#!/usr/bin/env node' } },
  },
})
