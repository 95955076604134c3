import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A program of this machine, or of packages unpacked beside the project: nothing is installed, and no service starts. */
export interface Found {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  /** Where nginx' dynamic modules lie, if there are any. */
  readonly modules: string | undefined
}

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  nginx: ['nginx', 'libnginx-mod-stream'],
  haproxy: ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
}

/** The program's place, or why there is none. */
export function find(program: string, cache: string): Found | string {
  const given = process.env[`KUBEHOP_${program.toUpperCase()}`]
  const usual = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, program))
  const installed = [given, ...usual].find((path) => path !== undefined && existsSync(path))
  if (installed !== undefined) return { path: installed, env: {}, modules: folder('/usr/lib/nginx/modules') }
  const root = join(cache, 'root')
  const path = join(root, 'usr', 'sbin', program)
  if (!existsSync(path)) {
    const why = unpack(program, cache, root)
    if (why !== undefined) return why
  }
  const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
    .map((each) => join(root, 'usr', 'lib', each))
    .filter((each) => existsSync(each))
  return { path, env: { LD_LIBRARY_PATH: libraries.join(':') }, modules: folder(join(root, 'usr', 'lib', 'nginx', 'modules')) }
}

const folder = (path: string): string | undefined => (existsSync(path) ? path : undefined)

/** Debian's packages by apt-get, unpacked by dpkg-deb. */
function unpack(program: string, cache: string, root: string): string | undefined {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg-deb'))
    return `${program} is not installed, and this machine has no apt-get`
  const debs = join(cache, program)
  mkdirSync(debs, { recursive: true })
  mkdirSync(root, { recursive: true })
  if (!downloaded(program, cache, debs)) return `${program} is not installed, and its package could not be downloaded`
  for (const deb of readdirSync(debs)) if (deb.endsWith('.deb')) spawnSync('dpkg-deb', ['-x', join(debs, deb), root], { stdio: 'ignore' })
  return existsSync(join(root, 'usr', 'sbin', program)) ? undefined : `${program} is not in its package`
}

/** A machine without a network says so at once, or never. */
const PATIENCE = ['Acquire::Retries=0', 'Acquire::http::Timeout=10', 'Acquire::https::Timeout=10'].flatMap((option) => ['-o', option])

/** By the lists that the machine has; where those are missing or old, by fresh ones beside the project, for which nobody needs to be root. */
function downloaded(program: string, cache: string, debs: string): boolean {
  const own = join(cache, 'apt')
  const apt = (...args: readonly string[]): boolean =>
    spawnSync('apt-get', [...PATIENCE, '-qq', ...args], { cwd: debs, stdio: 'ignore', timeout: 60_000 }).status === 0
  const names = PACKAGES[program] ?? []
  if (apt('download', ...names)) return true
  mkdirSync(join(own, 'lists', 'partial'), { recursive: true })
  mkdirSync(join(own, 'cache', 'archives', 'partial'), { recursive: true })
  const beside = [`Dir::State::lists=${join(own, 'lists')}`, `Dir::Cache=${join(own, 'cache')}`].flatMap((option) => ['-o', option])
  return apt(...beside, 'update') && apt(...beside, 'download', ...names)
}
