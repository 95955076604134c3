import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../run.mjs'
import { quantiles } from './frames.mjs'

const outDir = join(root, 'node_modules', '.cache', 'kubehop-bench-ui', 'scene')

/** CPU milliseconds of laying a cluster out, anew and after one pod changed: the worker's code in this process. */
export async function timeScenes(nodes, podsPerNode) {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { ssr: join(root, 'scripts', 'bench-ui', 'layouts.ts'), outDir, emptyOutDir: true, target: 'node20' },
  })
  const { layouts } = await import(join(outDir, 'layouts.js'))
  const { again, changed } = layouts(nodes, podsPerNode, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  })
  return { buildCpuMs: quantiles(again), oneChangedCpuMs: quantiles(changed) }
}
