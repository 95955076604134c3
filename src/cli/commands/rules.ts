import { list } from '../../core/cluster/cluster.ts'
import { restoreText, rulesetOf } from '../../core/node/ruleset.ts'
import { saveRuleset } from '../../core/kernel/netfilter/save.ts'
import { CLUSTER_OPTIONS, flag, readArguments, required } from '../arguments.ts'
import { openCluster } from '../open-cluster.ts'
import { line } from '../messages.ts'
import { type ExitStatus, type Terminal, UsageError } from '../terminal.ts'

const OPTIONS = { ...CLUSTER_OPTIONS, node: { type: 'string' }, restore: { type: 'boolean' } } as const

/** What a node's netfilter holds, as iptables-save prints it; with --restore what kube-proxy feeds to iptables-restore. */
export function rules(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const node = required(read, 'node', 'rules')
  const { cluster } = openCluster(read, terminal).simulation
  const nodes = [...list(cluster, 'Node')].map(({ metadata }) => metadata.name)
  if (!nodes.includes(node)) throw new UsageError(line('error.node', { name: node, nodes: nodes.join(', ') }))
  terminal.stdout(flag(read, 'restore') ? restoreText(cluster, node) : saveRuleset(rulesetOf(cluster, node)))
  return 0
}
