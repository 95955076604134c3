import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { type ClusterConfig, hasFamily, podCidrOf, proxyModeOf } from '../cluster/config.ts'
import { applyCommands } from '../kernel/netfilter/apply.ts'
import { BASE_CHAINS } from '../kernel/netfilter/hooks.ts'
import { printRule } from '../kernel/netfilter/print.ts'
import { type Chain, EMPTY_RULESET, type Ruleset, type Table, type TableName } from '../kernel/netfilter/ruleset.ts'
import { type Ip, type IpFamily, LOOPBACK, LOOPBACK6 } from '../net/ip.ts'
import { FLANNEL_JUMPS, flannelChains } from './flannel.ts'
import { CANARY_TABLES, JUMPS, KUBE_PROXY, runningConfig } from './kube-proxy/fixed-rules.ts'
import type { IpvsProxy } from './kube-proxy/ipvs/ipvs-proxy.ts'
import { IPVS_JUMPS } from './kube-proxy/ipvs/rules.ts'
import { type KubeProxy, kubeProxy } from './kube-proxy/kube-proxy.ts'
import { kubeProxyRestoreText } from './kube-proxy/restore-text.ts'
import { serviceMap } from './kube-proxy/service-map.ts'
import { portalChain, portalCommands, USERSPACE_CHAINS, USERSPACE_JUMPS } from './kube-proxy/userspace/portals.ts'
import { type Line, lineChain } from './line-chain.ts'
import { Memo } from './memo.ts'
import { nodeFacts, type PodNetwork, stackOf } from './node-facts.ts'
import { nodeIpvsProxy } from './node-ipvs.ts'
import { nodeUserspaceProxy, type UserspaceProxy } from './node-userspace.ts'
import { hasBridge } from './node-pods.ts'
import type { PortmapRules } from './portmap/portmap.ts'
import { hostPortPods, nodePortmap } from './portmap/sandboxes.ts'

/** Who writes rules on a node, in the order in which they start. */
export type RuleAgent = 'kube-proxy' | 'flannel' | 'cni' | 'admin'
const ALL: readonly RuleAgent[] = ['kube-proxy', 'flannel', 'cni', 'admin']

const rulesets: Readonly<Record<IpFamily, Memo<Node, Ruleset>>> = { IPv4: new Memo(), IPv6: new Memo() }

/** The rules of a node as all of its agents leave them, each chain made when it is visited. Empty where the cluster has no IPv4. */
export const nodeRuleset = (cluster: Cluster, node: Node): Ruleset =>
  hasFamily(cluster.config, 'IPv4') ? rulesetOfFamily(cluster, node, 'IPv4') : EMPTY_RULESET

/** The same of ip6tables; undefined where the cluster has no IPv6. */
export const nodeRuleset6 = (cluster: Cluster, node: Node): Ruleset | undefined =>
  hasFamily(cluster.config, 'IPv6') ? rulesetOfFamily(cluster, node, 'IPv6') : undefined

const rulesetOfFamily = (cluster: Cluster, node: Node, family: IpFamily): Ruleset =>
  rulesets[family].get(
    node,
    [cluster.config, cluster.objects.Service, cluster.objects.EndpointSlice, hasBridge(cluster, node), hostPortPods(cluster, node)],
    () => makeRuleset(cluster, node, ALL, family),
  )

/** The same of some agents only. Empty for a node that does not exist. */
export function rulesetOf(cluster: Cluster, nodeName: string, agents: readonly RuleAgent[] = ALL, family: IpFamily = 'IPv4'): Ruleset {
  const node = get(cluster, 'Node', '', nodeName)
  if (!node) return EMPTY_RULESET
  return agents === ALL ? rulesetOfFamily(cluster, node, family) : makeRuleset(cluster, node, agents, family)
}

function makeRuleset(cluster: Cluster, node: Node, agents: readonly RuleAgent[], family: IpFamily): Ruleset {
  const { name } = node.metadata
  const layers = layersOf(cluster, node, agents, family)
  const ruleset: Ruleset = {
    ...(family === 'IPv6' && { family: 'ip6' }),
    tables: new Map(tablesOf(layers).map((one) => [one, table(one, layers, family)])),
    sets: layers.proxy?.sets ?? new Map(),
  }
  const commands = agents.includes('admin') ? adminCommands(cluster.config, name, family) : []
  if (commands.length === 0) return ruleset
  const changed = applyCommands(ruleset, commands, { agent: 'admin', object: `Node/${name}` })
  assert(changed.ok, changed.ok ? '' : `a rule made by hand on ${name}: ${changed.error.message}`)
  return changed.value
}

/** kube-proxy on a node in IPVS mode; undefined in others. */
export function ipvsProxyOf(cluster: Cluster, nodeName: string, agents: readonly RuleAgent[], family: IpFamily): IpvsProxy | undefined {
  const node = get(cluster, 'Node', '', nodeName)
  return node && nodeIpvsProxy(cluster, node, localAddresses(cluster, node, agents), family)
}

/** `nft add rule ip filter input drop`: not for iptables (nft-ruleset.ts). */
export const isNftCommand = (text: string): boolean => /^nft\s/.test(text)

/** Commands that a person gave on a node for one family. */
export const adminCommands = (config: ClusterConfig, nodeName: string, family: IpFamily): readonly string[] =>
  (config.admin.rules[nodeName] ?? []).flatMap((text) => commandOfFamily(text, family) ?? [])

/**
 * A command that begins with `iptables` or `ip6tables` is for that program. Others are for both families, unless an address or a word of one of them
 * stands in it.
 */
function commandOfFamily(text: string, family: IpFamily): string | undefined {
  if (isNftCommand(text)) return undefined
  const program = /^(ip6?tables)\s+/.exec(text)
  if (program) return (program[1] === 'ip6tables') === (family === 'IPv6') ? text.slice(program[0].length) : undefined
  const words = text.split(/[\s,]+/)
  const six = words.some(
    (word) => /^\[?[0-9a-f]*:[0-9a-f]*:/i.test(word) || /^(icmp6-|ipv6-icmp$|icmpv6$|--icmpv6-type$|--hl-|hl$|icmp6$)/.test(word),
  )
  const four = words.some((word) => /^\d+\.\d+\.\d+/.test(word) || /^(icmp-|icmp$|--icmp-type$|--ttl|ttl$)/.test(word))
  return (family === 'IPv6' ? four && !six : six && !four) ? undefined : text
}

/**
 * What kube-proxy on a node feeds to iptables-restore, or to ip6tables-restore; with `synced`, a cluster that it has written already, what it writes after
 * the changes since then (iptables mode only: the rules of the others do not grow with Services). In userspace mode, the commands that it runs.
 */
export function restoreText(cluster: Cluster, nodeName: string, family: IpFamily = 'IPv4', synced?: Cluster): string {
  const node = get(cluster, 'Node', '', nodeName)
  const ipvs = ipvsProxyOf(cluster, nodeName, ALL, family)
  if (ipvs) return ipvs.restoreText()
  if (!node) return ''
  const userspace = nodeUserspaceProxy(cluster, node)
  if (userspace) return userspace.family === family ? portalCommands(userspace.portals, userspace.nodeIp) : ''
  const before = synced && proxyOf(synced, node, family)
  return kubeProxyRestoreText(
    proxyOf(cluster, node, family),
    runningConfig(cluster.config.proxy, family),
    localAddresses(cluster, node),
    before,
  )
}

function proxyOf(cluster: Cluster, node: Node, family: IpFamily): KubeProxy {
  const facts = nodeFacts(node)
  return kubeProxy({
    map: serviceMap(cluster, family),
    proxy: runningConfig(cluster.config.proxy, family),
    node: { name: facts.name, zone: facts.zone, ip: stackOf(facts, family).ip },
    family,
    addresses: localAddresses(cluster, node),
  })
}

/** Addresses of all devices of a node, as net.InterfaceAddrs lists them (but for link-local ones, which nobody selects), IPv4 first; of those that exist when only some agents have run. */
export function localAddresses(cluster: Cluster, node: Node, agents: readonly RuleAgent[] = ALL): readonly Ip[] {
  const { config } = cluster
  const facts = nodeFacts(node)
  const bridged = agents.includes('cni') && hasBridge(cluster, node)
  const tunnelled = agents.includes('flannel') && config.flannel.backend === 'vxlan'
  return FAMILIES.flatMap((family) => {
    if (!hasFamily(config, family)) return []
    const { ip, pods } = stackOf(facts, family)
    return [
      family === 'IPv4' ? LOOPBACK : LOOPBACK6,
      ...(ip ? [ip] : []),
      ...(pods && ip && tunnelled ? [pods.base] : []),
      ...(pods && bridged ? [pods.gateway] : []),
    ]
  })
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6']

/** Tables exist when somebody wrote into them. */
const tablesOf = ({ proxy, flannel, portmap }: Layers): readonly TableName[] =>
  proxy ? proxy.tables : flannel ? (Object.keys(FLANNEL_JUMPS) as TableName[]) : portmap ? ['nat'] : []

/** What kube-proxy writes with iptables, in whichever mode. */
interface Proxy extends Pick<KubeProxy, 'chain' | 'chainNames' | 'saved'> {
  readonly jumps: typeof JUMPS
  readonly tables: readonly TableName[]
  readonly sets: Ruleset['sets']
}

function proxyRules(cluster: Cluster, node: Node, agents: readonly RuleAgent[], family: IpFamily): Proxy | undefined {
  const ipvs = nodeIpvsProxy(cluster, node, localAddresses(cluster, node, agents), family)
  if (ipvs) return { ...ipvs, jumps: IPVS_JUMPS, tables: ['filter', 'nat'] }
  const userspace = nodeUserspaceProxy(cluster, node)
  if (userspace) return userspace.family === family ? portals(userspace) : undefined
  if (proxyModeOf(cluster.config, node.metadata.name) !== 'iptables') return undefined
  const rules = proxyOf(cluster, node, family)
  return {
    chain: (one, name) => rules.chain(one, name),
    chainNames: (one) => rules.chainNames(one),
    saved: (one) => rules.saved(one),
    jumps: JUMPS,
    tables: CANARY_TABLES,
    sets: new Map(),
  }
}

function portals({ portals: written, nodeIp }: UserspaceProxy): Proxy {
  const chainsOf = (names: readonly string[]): ReadonlyMap<string, Chain> =>
    new Map(names.map((name) => [name, portalChain(name, written, nodeIp)]))
  const chains: Partial<Record<TableName, ReadonlyMap<string, Chain>>> = {
    nat: chainsOf(USERSPACE_CHAINS.nat),
    filter: chainsOf(USERSPACE_CHAINS.filter),
  }
  return {
    chain: (one, name) => chains[one]?.get(name),
    chainNames: (one) => [...(chains[one]?.keys() ?? [])],
    saved: (one) => new Map([...(chains[one] ?? [])].map(([name, chain]) => [name, printed(chain)])),
    jumps: USERSPACE_JUMPS,
    tables: ['filter', 'nat'],
    sets: new Map(),
  }
}

interface Layers {
  /** Not in nftables mode. */
  readonly proxy: Proxy | undefined
  readonly flannel: { readonly podCIDR: string; readonly pods: PodNetwork } | undefined
  /** Of table nat alone. */
  readonly portmap: PortmapRules | undefined
}

function layersOf(cluster: Cluster, node: Node, agents: readonly RuleAgent[], family: IpFamily): Layers {
  const { ip, pods } = stackOf(nodeFacts(node), family)
  return {
    proxy: agents.includes('kube-proxy') ? proxyRules(cluster, node, agents, family) : undefined,
    flannel: agents.includes('flannel') && pods && ip ? { podCIDR: podCidrOf(cluster.config, family), pods } : undefined,
    portmap: agents.includes('cni') ? nodePortmap(cluster, node, family) : undefined,
  }
}

/** kube-proxy inserts at the front of base chains and flannel appends, whichever is first; the portmap plugin comes after both and does either. */
function table(name: TableName, { proxy, flannel, portmap }: Layers, family: IpFamily): Table {
  const base = new Map<string, Chain>()
  const ports = name === 'nat' ? portmap : undefined
  for (const hook of BASE_CHAINS[name]) {
    const inserted = proxy?.jumps[name]?.[hook] ?? []
    const appended = flannel && FLANNEL_JUMPS[name]?.[hook]
    const lines: Line[] = [
      ...(ports?.inserted[hook] ?? []),
      ...inserted.map((rest) => ({ text: `-A ${hook} ${rest}`, origin: KUBE_PROXY })),
      ...(appended ? [appended] : []),
      ...(ports?.appended[hook] ?? []),
    ]
    base.set(hook, lineChain(hook, ofFamily(lines, family), { policy: 'ACCEPT', registered: lines.length > 0 }))
  }
  const written = [...Object.entries((flannel && flannelChains(flannel.podCIDR, flannel.pods)[name]) ?? {}), ...(ports?.chains ?? [])]
  const others = new Map(written.map(([chain, lines]) => [chain, lineChain(chain, ofFamily(lines, family))]))
  return {
    name,
    chain: (chain) => base.get(chain) ?? others.get(chain) ?? proxy?.chain(name, chain),
    chainNames: () => [...base.keys(), ...[...others.keys(), ...(proxy?.chainNames(name) ?? [])].sort()],
    savedRules() {
      const rules = proxy?.saved(name) ?? new Map<string, string>()
      for (const chain of [...base.values(), ...others.values()]) rules.set(chain.name, printed(chain))
      return rules
    },
  }
}

const ofFamily = (lines: readonly Line[], family: IpFamily): readonly Line[] =>
  family === 'IPv4' ? lines : lines.map((line) => ({ ...line, family: 'ip6' as const }))

const printed = (chain: Chain): string => Array.from({ length: chain.length }, (_, i) => printRule(chain.name, chain.rule(i))).join('\n')
