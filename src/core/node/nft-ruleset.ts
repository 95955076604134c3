import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { type ClusterConfig, familiesOf, proxyModeOf } from '../cluster/config.ts'
import { applyNft, EMPTY_NFT } from '../kernel/nft/apply.ts'
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
import { isNftCommand, localAddresses } from './ruleset.ts'

const rulesets = new Memo<Node, NftRuleset>()

/**
 * What a node holds in nftables' own language: kube-proxy's tables in nftables mode, and what a person did by hand behind them; undefined where nobody did
 * anything.
 */
export function nodeNft(cluster: Cluster, node: Node): NftRuleset | undefined {
  const { name } = node.metadata
  const commands = nftCommands(cluster.config, name)
  if (proxyModeOf(cluster.config, name) !== 'nftables' && commands.length === 0) return undefined
  return rulesets.get(node, [cluster.config, cluster.objects.Service, cluster.objects.EndpointSlice, hasBridge(cluster, node)], () => {
    if (commands.length === 0) return proxyRuleset(cluster, node)
    const changed = applyNft(proxyRuleset(cluster, node), commands.join('\n'), { agent: 'admin', object: `Node/${name}` })
    assert(changed.ok, changed.ok ? '' : `a rule made by hand on ${name}: ${changed.error.message}`)
    return changed.value
  })
}

/** kube-proxy's tables alone. */
function proxyRuleset(cluster: Cluster, node: Node): NftRuleset {
  if (proxyModeOf(cluster.config, node.metadata.name) !== 'nftables') return EMPTY_NFT
  return { tables: proxiesOf(cluster, node).map(({ table }) => table) }
}

/** Commands of nft(8) that a person gave on a node, as nft reads them: a shell's quotes and backslashes taken off. */
const nftCommands = (config: ClusterConfig, nodeName: string): readonly string[] =>
  (config.admin.rules[nodeName] ?? []).filter(isNftCommand).map((text) => text.replace(/^nft\s+/, '').replace(/\\(?=[;{}])|'/g, ''))

/** What nft says of commands given on a node, by the place of the command; undefined when it takes them all. */
export function nftProblem(cluster: Cluster, node: Node): { readonly index: number; readonly message: string } | undefined {
  const { name } = node.metadata
  const commands = nftCommands(cluster.config, name)
  const applied = commands.length === 0 ? undefined : applyNft(proxyRuleset(cluster, node), commands.join('\n'), { agent: 'admin' })
  if (!applied || applied.ok) return undefined
  const { line, column, message } = applied.error
  const places = (cluster.config.admin.rules[name] ?? []).flatMap((text, place) => (isNftCommand(text) ? [place] : []))
  return { index: places[line - 1] ?? 0, message: `nft: ${message} (column ${column})` }
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
