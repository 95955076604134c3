/**
 * Random clusters and packets through Kubehop and through the kernel of this machine, compared.
 *   npm run verify:kernel -- --seed N --probes M [--mode iptables|nftables] [--goldens DIR] [--out DIR] [--keep]
 * Exit status 0 when nothing differs, 1 when something does, 2 when it cannot be tried here. See README.md beside this file.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../run.mjs'
import { DEFAULT_GOLDENS, Lab, missing, quiet } from './lab.mjs'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  probes: { type: 'string', default: '100' },
  mode: { type: 'string', default: 'iptables' },
  goldens: { type: 'string', default: DEFAULT_GOLDENS },
  out: { type: 'string' },
  keep: { type: 'boolean', default: false },
}
const REGRESSIONS = join(root, 'src', 'cli', 'fuzz', 'regressions')
const BUNDLE = join(root, 'node_modules', '.cache', 'kubehop-fuzz')

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const folders = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []))
const kubehop = (...args) => run('node', [join(root, 'dist', 'cli', 'kubehop.js'), ...args])
const fuzz = (...args) => run('node', [join(BUNDLE, 'kubehop.js'), ...args])

async function build() {
  const quietly = ['build', '--config', 'vite.cli.config.ts', '--logLevel', 'warn']
  const ours = [...quietly, '--ssr', 'src/cli/fuzz/main.ts', '--outDir', BUNDLE, '--emptyOutDir']
  return (await run('vite', quietly)) === 0 && (await run('vite', ours)) === 0
}

/** Two passes, because the kernel picks endpoints anew: one for the rules, one with what it picked. Differences as rows. */
async function compareOnce(lab, dir, scenarios) {
  const at = (name) => join(dir, name)
  await kubehop('golden', at('in'), '--out', at('rules'))
  const paths = scenarios.map((name) => join(at('in'), name, 'scenario.json'))
  await lab.record(at('rules'), at('kernel'), paths)
  const recorded = new Set(folders(at('kernel')))
  const lost = scenarios
    .filter((name) => !recorded.has(name))
    .map((scenario) => ({ scenario, subject: '-', what: 'not recorded, see above' }))
  if (recorded.size === 0) return { differences: lost, table: [] }
  await lab.strip(at('kernel'), at('picked'))
  await kubehop('golden', at('picked'), '--out', at('kubehop'))
  const { differences, table } = await lab.compare(at('kernel'), at('kubehop'))
  return { differences: [...lost, ...differences], table }
}

/**
 * A port that the kernel drew may by chance equal a known one. So what differed is tried once more, and the kernel is asked until it makes the same
 * pick as before. Returns the differences that are still there.
 */
async function confirm(lab, dir, differences) {
  const again = join(dir, 'again')
  const suspects = [...new Set(differences.map(({ scenario }) => scenario))]
  for (const name of suspects) {
    const scenario = read(join(dir, 'in', name, 'scenario.json'))
    const differing = new Set(differences.flatMap((each) => (each.scenario === name ? [each.subject] : [])))
    for (const probe of scenario.probes) {
      if (!differing.has(probe.id)) continue
      const { pickedEndpoint } = read(join(dir, 'kernel', name, 'probes', `${probe.id}.json`))
      if (pickedEndpoint) probe.until = { pickedEndpoint }
    }
    mkdirSync(join(again, 'in', name), { recursive: true })
    writeFileSync(join(again, 'in', name, 'scenario.json'), JSON.stringify(scenario, null, 1))
  }
  const second = await compareOnce(lab, again, suspects)
  const still = new Set(second.differences.map(({ scenario, subject }) => `${scenario}/${subject}`))
  return differences.filter(({ scenario, subject }) => still.has(`${scenario}/${subject}`))
}

/** One test for each scenario that differs. A difference in tables keeps all probes. */
async function keep(dir, differences) {
  for (const name of new Set(differences.map(({ scenario }) => scenario))) {
    const subjects = [...new Set(differences.filter(({ scenario }) => scenario === name).map(({ subject }) => subject))]
    if (subjects.includes('-')) continue
    const ids = new Set(read(join(dir, 'in', name, 'scenario.json')).probes.map(({ id }) => id))
    const probes = subjects.every((subject) => ids.has(subject)) ? subjects.flatMap((id) => ['--probe', id]) : []
    const file = join(REGRESSIONS, `${name}.json`)
    if ((await fuzz('keep', join(dir, 'kernel', name), ...probes, '--out', file)) === 0)
      console.log(`kept as a test: ${relative(root, file)}`)
  }
}

function report(seed, dir, { differences, table }, believed) {
  console.log(`\n${table.join('\n')}`)
  const gone = differences.length - believed.length
  if (gone > 0) console.log(`${gone} of ${differences.length} differences were gone the second time: chance`)
  for (const { scenario, subject, what } of believed) console.log(`${scenario}/${subject}  ${what}`)
  console.log(
    believed.length === 0 ? `seed ${seed}: no difference` : `seed ${seed}: ${believed.length} differences; everything is in ${dir}`,
  )
}

async function verify({ seed, probes, mode, goldens, out, keep: keeping }) {
  const dir = out === undefined ? mkdtempSync(join(tmpdir(), 'kubehop-verify-')) : resolve(out)
  const lab = new Lab(goldens)
  if (!(await build())) return 2
  if ((await fuzz('scenarios', '--seed', seed, '--probes', probes, '--mode', mode, '--out', join(dir, 'in'))) !== 0) return 2
  if (!(await quiet())) {
    console.error('another recording does not end; only one at a time')
    return 2
  }
  const first = await compareOnce(lab, dir, folders(join(dir, 'in')))
  const believed = first.differences.length === 0 ? [] : await confirm(lab, dir, first.differences)
  report(seed, dir, first, believed)
  if (keeping) await keep(dir, believed)
  if (believed.length === 0 && out === undefined) rmSync(dir, { recursive: true, force: true })
  return believed.length === 0 ? 0 : 1
}

const { values } = parseArgs({ options: OPTIONS })
const reasons = missing(values.goldens)
for (const reason of reasons) console.error(reason)
process.exitCode = reasons.length > 0 ? 2 : await verify(values)
