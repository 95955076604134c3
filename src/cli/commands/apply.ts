import type { ApiObject } from '../../core/api/object.ts'
import { printYaml } from '../../core/api/print-yaml.ts'
import type { Applied } from '../../core/engine.ts'
import { CLUSTER_OPTIONS, OUTPUT_OPTION, choice, readArguments } from '../arguments.ts'
import { clusterTables } from '../cluster-tables.ts'
import { line } from '../messages.ts'
import { readCluster } from '../open-cluster.ts'
import type { ExitStatus, Terminal } from '../terminal.ts'

/** The cluster that manifests make: what changed, then nodes, pods and Services; or every object with `-o yaml` and `-o json`. */
export function apply(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, { ...CLUSTER_OPTIONS, ...OUTPUT_OPTION })
  const output = choice(read, 'output', ['text', 'wide', 'yaml', 'json'], 'text')
  const applied = readCluster(read, terminal)
  const refused = applied.problems.some(({ severity }) => severity === 'error')
  if (refused) terminal.stderr(`kubehop: ${line('apply.refused')}\n`)
  if (output === 'json')
    terminal.stdout(`${JSON.stringify({ changes: applied.changes, problems: applied.problems, cluster: listOf(applied) }, null, 2)}\n`)
  else if (!refused)
    terminal.stdout(
      output === 'yaml'
        ? printYaml(listOf(applied), { sortKeys: true })
        : `${changesText(applied)}\n${clusterTables(applied.simulation.cluster, output === 'wide')}`,
    )
  return refused ? 2 : 0
}

const listOf = ({ simulation }: Applied) => ({ apiVersion: 'v1', kind: 'List', items: objectsOf(simulation.cluster) })

function objectsOf(cluster: Applied['simulation']['cluster']): ApiObject[] {
  return Object.values(cluster.objects).flatMap((shards) => [...shards.values()].flatMap((shard) => [...shard.values()]))
}

/** One line per object of the input, as kubectl apply tells it. */
const changesText = ({ changes }: Applied): string =>
  changes.map(({ ref, op }) => `${ref.kind.toLowerCase()}/${ref.name} ${op}${ref.namespace ? ` (${ref.namespace})` : ''}\n`).join('')
