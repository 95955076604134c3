import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const PUBLIC = new URL('../public/', import.meta.url)

/** Only what the page itself serves may run, load or be asked. The development server needs more, so this is the build's alone. */
const POLICY = ["default-src 'self'", "img-src 'self' data: blob:", "object-src 'none'", "base-uri 'none'", "form-action 'none'"].join('; ')

/** Writes `sw.js` with the names of all files of this build, and the Content-Security-Policy into the page. */
export const offline = (): Plugin => ({
  name: 'kubehop-offline',
  apply: (config, { command }) => command === 'build' && !config.build?.ssr,
  transformIndexHtml: {
    order: 'pre',
    handler: () => [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' }],
  },
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const built = Object.keys(bundle).filter((file) => file !== 'index.html' && !file.endsWith('.map'))
      const given = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          `${entry.parentPath}/${entry.name}`
            .replaceAll('\\', '/')
            .replace(fileURLToPath(PUBLIC).replaceAll('\\', '/').replace(/\/$/, ''), '')
            .replace(/^\/+/, ''),
        )
      const files = ['./', ...[...built, ...given].sort()]
      const version = createHash('sha256')
        .update(files.join('\n'))
        .update(given.map((file) => readFileSync(new URL(file, PUBLIC))).join())
      const source = read('./service-worker.js')
        .replace('%VERSION%', version.digest('hex').slice(0, 12))
        .replace("'%FILES%'", files.map((file) => JSON.stringify(file)).join(', '))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  },
})
