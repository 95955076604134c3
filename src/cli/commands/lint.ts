import { findings } from '../../core/engine.ts'
import { CLUSTER_OPTIONS, OUTPUT_OPTION, choice, readArguments } from '../arguments.ts'
import { findingLine } from '../finding-lines.ts'
import { line } from '../messages.ts'
import { readCluster } from '../open-cluster.ts'
import type { ExitStatus, Terminal } from '../terminal.ts'

const SEVERITIES = ['error', 'warning', 'info'] as const
const OPTIONS = { ...CLUSTER_OPTIONS, ...OUTPUT_OPTION, severity: { type: 'string' } } as const

/** What is wrong with a cluster: the input's problems on stderr, then findings, those below --severity left out. Status 1 when any is an error. */
export function lint(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const output = choice(read, 'output', ['text', 'json'], 'text')
  const least = SEVERITIES.indexOf(choice(read, 'severity', SEVERITIES, 'info'))
  const { simulation, problems } = readCluster(read, terminal)
  const refused = problems.some(({ severity }) => severity === 'error')
  const found = refused ? [] : findings(simulation.cluster).filter(({ severity }) => SEVERITIES.indexOf(severity) <= least)
  if (refused) terminal.stderr(`kubehop: ${line('apply.refused')}\n`)
  if (output === 'json') terminal.stdout(`${JSON.stringify({ problems, findings: found }, null, 2)}\n`)
  else if (!refused) {
    const count = (of: string): number => found.filter(({ severity }) => severity === of).length
    const summary = line('lint.summary', { errors: count('error'), warnings: count('warning'), notes: count('info') })
    terminal.stdout(`${[...found.map(findingLine), summary].join('\n')}\n`)
  }
  return refused || found.some(({ severity }) => severity === 'error') ? 1 : 0
}
