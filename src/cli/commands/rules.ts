import { type Cluster, list } from '../../core/cluster/cluster.ts'
import { proxyModeOf } from '../../core/cluster/config.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { listServices } from '../../core/kernel/ipvs/print.ts'
import { EMPTY_RULESET } from '../../core/kernel/netfilter/ruleset.ts'
import { listRuleset } from '../../core/kernel/nft/list.ts'
import type { IpFamily } from '../../core/net/ip.ts'
import { network } from '../../core/node/network.ts'
import { nftRulesetOf, nftTransaction } from '../../core/node/nft-ruleset.ts'
import { restoreText, rulesetOf } from '../../core/node/ruleset.ts'
import { saveRuleset } from '../../core/kernel/netfilter/save.ts'
import { setListing } from '../../core/walk/listing.ts'
import { CLUSTER_OPTIONS, flag, readArguments, required } from '../arguments.ts'
import { openCluster } from '../open-cluster.ts'
import { line } from '../messages.ts'
import { type ExitStatus, type Terminal, UsageError } from '../terminal.ts'

const OPTIONS = {
  ...CLUSTER_OPTIONS,
  node: { type: 'string' },
  restore: { type: 'boolean' },
  ipv6: { type: 'boolean', short: '6' },
} as const

/**
 * What a node's netfilter holds, as the tool of kube-proxy's mode prints it (iptables-save, nft list ruleset); with --restore what kube-proxy feeds to
 * iptables-restore or nft.
 */
export function rules(args: readonly string[], terminal: Terminal): ExitStatus {
  const read = readArguments(args, OPTIONS)
  const node = required(read, 'node', 'rules')
  const { cluster } = openCluster(read, terminal).simulation
  const nodes = [...list(cluster, 'Node')].map(({ metadata }) => metadata.name)
  if (!nodes.includes(node)) throw new UsageError(line('error.node', { name: node, nodes: nodes.join(', ') }))
  const family = flag(read, 'ipv6') ? 'IPv6' : 'IPv4'
  terminal.stdout(flag(read, 'restore') ? written(cluster, node, family) : listed(cluster, node, family))
  return 0
}

const inNftables = (cluster: Cluster, node: string): boolean => proxyModeOf(cluster.config, node) === 'nftables'

const written = (cluster: Cluster, node: string, family: IpFamily): string =>
  inNftables(cluster, node) ? nftTransaction(cluster, node) : restoreText(cluster, node, family)

const listed = (cluster: Cluster, node: string, family: IpFamily): string =>
  inNftables(cluster, node)
    ? listRuleset(nftRulesetOf(cluster, node))
    : `${ipvsListing(cluster, node)}${saveRuleset(rulesetOf(cluster, node, undefined, family))}`

/** `ipvsadm -Ln` and `ipset list`; nothing in other modes. */
function ipvsListing(cluster: Cluster, node: string): string {
  const netns = network(cluster).netns(node as NetnsId)
  if (!netns?.ipvs) return ''
  const rules = [netns.ruleset, netns.ruleset6 ?? EMPTY_RULESET]
  return `${listServices(netns.ipvs)}\n${rules.map(setListing).join('\n')}\n`
}
