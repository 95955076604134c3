import { readFileSync } from 'node:fs'

const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly name: string
  readonly version: string
}

/** For Vite's `define`: what package.json says when something is built, so that what was built needs no package.json. */
export const VERSION = { KUBEHOP_VERSION: JSON.stringify(`${name} ${version}`) }
