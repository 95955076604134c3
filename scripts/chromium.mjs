/** A Chromium for the browser tests: what the environment names, the system's, Playwright's, or one installed now. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './run.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Ubuntu's `chromium-browser` can be a stub that only tells people to install a snap, hence the trial. */
const works = (path) => existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0

function onSystem() {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)].filter(Boolean)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(works)
}

async function ofPlaywright() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return path && works(path) ? path : undefined
}

async function byApt() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  console.log('no Chromium here: installing the system package')
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  const patient = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3']
  await run('apt-get', [...patient, '-qq', 'update'], quiet)
  await run('apt-get', [...patient, '-qq', '-y', '--no-install-recommends', 'install', 'chromium', 'fonts-dejavu-core'], quiet)
  return onSystem()
}

async function byPlaywright() {
  console.log('no Chromium here: asking Playwright to download its own')
  const libraries = process.getuid?.() === 0 ? ['--with-deps'] : []
  await run('playwright', ['install', ...libraries, 'chromium'])
  return ofPlaywright()
}

/** The path of a Chromium that starts, or undefined when none can be had. A path named by KUBEHOP_CHROMIUM is taken or refused, never replaced. */
export async function findChromium() {
  const named = process.env.KUBEHOP_CHROMIUM
  if (named) return works(named) ? named : undefined
  return onSystem() ?? (await ofPlaywright()) ?? (await byApt()) ?? (await byPlaywright())
}
