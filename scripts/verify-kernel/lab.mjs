/** What is needed to ask this machine's kernel, and the two programs that do it: a recorder and a comparer, from a folder of goldens. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { root, run } from '../run.mjs'

const TOOLS = {
  python3: 'python3',
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  'iptables-nft-restore': 'iptables',
  conntrack: 'conntrack',
}

export const DEFAULT_GOLDENS = '../shared/goldens'

/** Why a recording cannot be made here, one line each; empty when it can. */
export function missing(goldens) {
  if (process.platform !== 'linux') return [`verify:kernel asks a Linux kernel; this is ${process.platform}`]
  const reasons = []
  if (process.getuid?.() !== 0) reasons.push('verify:kernel builds network namespaces, which takes root')
  for (const [tool, debianPackage] of Object.entries(TOOLS))
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
      reasons.push(`${tool} is missing (Debian: apt-get install ${debianPackage})`)
  for (const file of ['record/record.py', 'compare.mjs'])
    if (!existsSync(join(resolve(root, goldens), file)))
      reasons.push(`${join(goldens, file)} is missing: name the folder with the recorder and the comparer by --goldens DIR`)
  return reasons
}

/** Process ids of recordings under way: two at a time would disturb each other's clocks. */
function recordings() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          .split('\0')
          .slice(0, 3)
          .some((word) => word.endsWith('/record.py'))
      } catch {
        return false
      }
    })
}

/** Waits until no other recording runs; false when that takes more than ten minutes. */
export async function quiet() {
  for (let seconds = 0; seconds < 600; seconds += 2) {
    const others = recordings()
    if (others.length === 0) return true
    if (seconds % 60 === 0) console.log(`waiting for another recording (process ${others.join(', ')})`)
    await new Promise((done) => setTimeout(done, 2000))
  }
  return false
}

export class Lab {
  /** `goldens` is relative to the project. */
  constructor(goldens) {
    this.goldens = resolve(root, goldens)
  }

  /** Restores each node's rules and records what the kernel does with the probes. */
  record(rules, out, scenarios) {
    const recorder = join(this.goldens, 'record', 'record.py')
    return run('python3', [recorder, '--rules', rules, '--out', out, ...scenarios], {
      LAB_PREFIX: 'kubehop-',
      PYTHONDONTWRITEBYTECODE: '1',
    })
  }

  /** Writes the recorded scenarios without their answers, but with the kernel's picks. */
  strip(recorded, out) {
    return run('node', [join(this.goldens, 'compare.mjs'), recorded, '--strip', out])
  }

  /** The comparer's verbose lines as rows, and its table. */
  async compare(recorded, produced) {
    const args = [join(this.goldens, 'compare.mjs'), recorded, produced, '--verbose']
    const stdout = await promisify(execFile)('node', args, { maxBuffer: 2 ** 28 }).then(
      (done) => done.stdout,
      (failed) => failed.stdout ?? '',
    )
    const differences = []
    const table = []
    for (const line of stdout.split('\n').filter(Boolean)) {
      const [, scenario, subject, what] = /^([^\s/]+)\/(\S+) {2}(.*)$/.exec(line) ?? []
      if (scenario === undefined) table.push(line)
      else if (what !== 'PROBE not exact') differences.push({ scenario, subject, what })
    }
    return { differences, table }
  }
}
