import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { GoldenProbe, Scenario } from './format.ts'
import { runProbes } from './run.ts'
import { clusterOf } from './scenario.ts'

interface Recorded {
  readonly scenario: Scenario
  /** What the client's socket said, by probe. */
  readonly kernel: Readonly<Record<string, string>>
}

const FOLDER = new URL('../testdata/ipv6/', import.meta.url)
const recorded = readdirSync(fileURLToPath(FOLDER))
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recorded] as const)

/** What a Linux 6.18 kernel's sockets saw in IPv6 clusters with many mistakes and rare cases: outcomes only, for the corners that no recording has (README.md there). */
describe.each(recorded)('%s', (_, { scenario, kernel }) => {
  const { cluster, problems } = clusterOf(scenario)
  const runs = [...runProbes(scenario, cluster, {})]

  it('is read and run without errors', () => {
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(runs.flatMap((run) => (run.ok ? [] : [run.error]))).toEqual([])
  })

  const said = new Map(runs.flatMap((run) => (run.ok ? [[run.value.probe, saying(run.value)] as const] : [])))
  it.each(Object.entries(kernel))('probe %s: %s', (id, outcome) => {
    expect(said.get(id)).toBe(outcome)
  })
})

/** The errno, or who answered and the address that it saw; who answers an echo does not say that. */
function saying({ outcome }: GoldenProbe): string {
  if (outcome.type !== 'answered') return outcome.errno ?? outcome.type
  const [, seen] = /^\[(.*)\]:\d+$/.exec(outcome.clientSeen ?? '') ?? []
  return seen === undefined ? 'answered' : `answered by ${outcome.answeredBy} ${seen}`
}
