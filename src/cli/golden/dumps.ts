import type { Cluster } from '../../core/cluster/cluster.ts'
import { list } from '../../core/cluster/cluster.ts'
import { familiesOf } from '../../core/cluster/config.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { EMPTY_RULESET6 } from '../../core/kernel/netfilter/ruleset.ts'
import type { NetworkNamespace } from '../../core/kernel/netns.ts'
import type { IpFamily } from '../../core/net/ip.ts'
import { saveRuleset } from '../../core/kernel/netfilter/save.ts'
import type { NftRuleset } from '../../core/kernel/nft/ruleset.ts'
import { network } from '../../core/node/network.ts'
import { proxyListing } from '../../core/node/nft-ruleset.ts'
import { restoreText, rulesetOf } from '../../core/node/ruleset.ts'
import { ipvsDumps, ipvsRulesDumps } from './ipvs-dumps.ts'
import { bridgeFdb, defaultRoutes6, ipNeigh, ipRoute, ipRoute6 } from '../iproute.ts'

/** Path below the scenario's folder, and text. */
export type Dump = readonly [path: string, text: string]

/** What is compared of each node of a scenario: all its rules, routes, and the entries that flannel wrote. */
export function* scenarioDumps(cluster: Cluster): Generator<Dump> {
  const net = network(cluster)
  for (const { metadata } of list(cluster, 'Node')) {
    const netns = net.netns(metadata.name as NetnsId)
    if (!netns) throw new Error(`node ${metadata.name} has no namespace`)
    const folder = `nodes/${metadata.name}`
    for (const family of familiesOf(cluster.config)) yield* familyDumps(folder, cluster, netns, family)
    yield* nftDumps(folder, cluster, metadata.name, netns.nft)
    yield* ipvsDumps(folder, netns)
    yield [`${folder}/routes.json`, json([...ipRoute(netns), ...defaultRoutes6(netns)])]
    yield [`${folder}/fdb.json`, json(bridgeFdb(netns))]
    yield [`${folder}/neigh.json`, json(ipNeigh(netns))]
  }
}

function* familyDumps(folder: string, cluster: Cluster, netns: NetworkNamespace, family: IpFamily): Generator<Dump> {
  if (family === 'IPv4') {
    yield [`${folder}/iptables-save.txt`, saveRuleset(netns.ruleset)]
    yield [`${folder}/kube-proxy-restore.txt`, restoreText(cluster, netns.id)]
    return
  }
  yield [`${folder}/ip6tables-save.txt`, saveRuleset(netns.ruleset6 ?? EMPTY_RULESET6)]
  yield [`${folder}/kube-proxy-restore6.txt`, restoreText(cluster, netns.id, 'IPv6')]
  yield [`${folder}/routes6.json`, json(ipRoute6(netns))]
}

/** What is compared of a rules case: kube-proxy's tables alone, on the nodes asked for. */
export function* rulesDumps(cluster: Cluster, nodes: readonly string[] | undefined): Generator<Dump> {
  const names = nodes ?? [...list(cluster, 'Node')].map((node) => node.metadata.name)
  for (const name of names) {
    yield [`${name}/iptables-save.txt`, saveRuleset(rulesetOf(cluster, name, ['kube-proxy']))]
    yield [`${name}/iptables-restore.txt`, restoreText(cluster, name)]
    yield* ipvsRulesDumps(cluster, name)
    yield [`${name}/nft-ruleset.txt`, proxyListing(cluster, name, 'IPv4')]
  }
}

/** kube-proxy's table of each family. */
function* nftDumps(folder: string, cluster: Cluster, node: string, nft: NftRuleset | undefined): Generator<Dump> {
  for (const { family } of nft?.tables ?? []) {
    const suffix = family === 'ip6' ? '6' : ''
    yield [`${folder}/nft-kube-proxy${suffix}.txt`, proxyListing(cluster, node, family === 'ip6' ? 'IPv6' : 'IPv4')]
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`
