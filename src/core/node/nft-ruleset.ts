import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { familiesOf, proxyModeOf } from '../cluster/config.ts'
import { EMPTY_NFT } from '../kernel/nft/apply.ts'
import { listRuleset } from '../kernel/nft/list.ts'
import type { NftRuleset } from '../kernel/nft/ruleset.ts'
import type { IpFamily } from '../net/ip.ts'
import { runningConfig } from './kube-proxy/fixed-rules.ts'
import { type NftProxy, nftProxy } from './kube-proxy/nftables/table.ts'
import { transactionText } from './kube-proxy/nftables/transaction.ts'
import { serviceMap } from './kube-proxy/service-map.ts'
import { Memo } from './memo.ts'
import { nodeFacts, stackOf } from './node-facts.ts'
import { hasBridge } from './node-pods.ts'
import { localAddresses } from './ruleset.ts'

const rulesets = new Memo<Node, NftRuleset>()

/** What agents of a node wrote in nftables' own language: kube-proxy in nftables mode; undefined where nobody wrote any. */
export function nodeNft(cluster: Cluster, node: Node): NftRuleset | undefined {
  if (proxyModeOf(cluster.config, node.metadata.name) !== 'nftables') return undefined
  return rulesets.get(node, [cluster.config, cluster.objects.Service, cluster.objects.EndpointSlice, hasBridge(cluster, node)], () => ({
    tables: proxiesOf(cluster, node).map(({ table }) => table),
  }))
}

/** The same by name; empty for a node that does not exist. */
export function nftRulesetOf(cluster: Cluster, nodeName: string): NftRuleset {
  const node = get(cluster, 'Node', '', nodeName)
  return (node && nodeNft(cluster, node)) ?? EMPTY_NFT
}

/** kube-proxy's proxiers on a node: one for each family that the cluster has. */
export function proxiesOf(cluster: Cluster, node: Node): readonly NftProxy[] {
  const facts = nodeFacts(node)
  return familiesOf(cluster.config).map((family) =>
    nftProxy({
      family,
      map: serviceMap(cluster, family),
      proxy: runningConfig(cluster.config.proxy, family),
      node: { name: facts.name, zone: facts.zone, ip: stackOf(facts, family).ip },
      addresses: localAddresses(cluster, node),
    }),
  )
}

/** kube-proxy's table as nft lists it, whichever mode the node is in; empty where the family has none. */
export function proxyListing(cluster: Cluster, nodeName: string, family: IpFamily): string {
  const node = get(cluster, 'Node', '', nodeName)
  const proxy = node && proxiesOf(cluster, node).find(({ words }) => words.family === family)
  return proxy ? listRuleset({ tables: [proxy.table] }) : ''
}

/** What kube-proxy on a node feeds to nft, per family. */
export function nftTransaction(cluster: Cluster, nodeName: string): string {
  const node = get(cluster, 'Node', '', nodeName)
  return node ? proxiesOf(cluster, node).map(transactionText).join('') : ''
}
