import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configProblems } from '../../core/node/config-problems.ts'
import { line } from '../messages.ts'
import { absent } from './absent.ts'
import { rulesDumps, scenarioDumps } from './dumps.ts'
import type { Picks, RulesCase, Scenario } from './format.ts'
import { runProbes } from './run.ts'
import { clusterOf } from './scenario.ts'

export interface GoldenOptions {
  readonly dir: string
  readonly out: string
  /** Only the scenario or rules case of this name. */
  readonly only?: string
  readonly report: (line: string) => void
}

export interface GoldenSummary {
  readonly scenarios: number
  readonly probes: number
  readonly rulesCases: number
  /** What was left out, and why. */
  readonly skipped: readonly { readonly name: string; readonly absent: readonly string[] }[]
  readonly failed: readonly { readonly name: string; readonly why: string }[]
}

/**
 * Reads each `scenario.json` one folder below DIR (with `picks.json` beside it) and each `case.json` one folder below DIR/rules, nothing else, and
 * writes what the simulator says in the golden formats below OUT. A scenario that needs what is not simulated yet is left out and named; one that
 * fails does not stop the others.
 */
export function writeGoldens({ dir, out, only, report }: GoldenOptions): GoldenSummary {
  const skipped: { name: string; absent: string[] }[] = []
  const failed: { name: string; why: string }[] = []
  const count = { scenarios: 0, probes: 0, rulesCases: 0 }
  const fault = (name: string, why: string) => {
    failed.push({ name, why })
    report(line('golden.failed', { name, why }))
  }
  const attempt = (name: string, work: () => string[]) => {
    try {
      const missing = work()
      if (missing.length === 0) return
      skipped.push({ name, absent: missing })
      report(line('golden.absent', { name, what: missing.join(', ') }))
    } catch (error) {
      fault(name, error instanceof Error ? error.message : String(error))
    }
  }
  for (const name of folders(dir, 'scenario.json', only))
    attempt(name, () => {
      const scenario = read<Scenario>(join(dir, name, 'scenario.json'))
      const missing = absent(scenario)
      if (missing.length > 0) return missing
      const picks = join(dir, name, 'picks.json')
      const written = writeScenario(scenario, existsSync(picks) ? read<Picks>(picks) : {}, join(out, name))
      for (const why of written.failed) fault(name, why)
      count.probes += written.probes
      count.scenarios++
      return []
    })
  for (const name of folders(join(dir, 'rules'), 'case.json', only))
    attempt(`rules/${name}`, () => {
      writeRules(read<RulesCase>(join(dir, 'rules', name, 'case.json')), join(out, 'rules', name))
      count.rulesCases++
      return []
    })
  return { ...count, skipped, failed }
}

function writeScenario(scenario: Scenario, picks: Picks, out: string): { probes: number; failed: string[] } {
  const cluster = build(scenario)
  for (const [path, text] of scenarioDumps(cluster)) write(join(out, path), text)
  const written = { probes: 0, failed: [] as string[] }
  for (const run of runProbes(scenario, cluster, picks)) {
    if (!run.ok) {
      written.failed.push(run.error)
      continue
    }
    write(join(out, 'probes', `${run.value.probe}.json`), `${JSON.stringify(run.value, null, 1)}\n`)
    written.probes++
  }
  return written
}

function writeRules(rules: RulesCase, out: string): void {
  for (const [path, text] of rulesDumps(build(rules), rules.nodes)) write(join(out, path), text)
}

function build(scenario: Scenario | RulesCase) {
  const { cluster, problems } = clusterOf(scenario)
  const error = problems.find((problem) => problem.severity === 'error')
  if (error) throw new Error(`${error.object ?? ''} ${error.message}`.trim())
  const [refused] = configProblems(cluster)
  if (refused) throw new Error(`${refused.path}: ${refused.message}`)
  return cluster
}

function folders(dir: string, file: string, only: string | undefined): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .filter((name) => (only === undefined || name === only) && statSync(join(dir, name)).isDirectory() && existsSync(join(dir, name, file)))
    .sort()
}

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
