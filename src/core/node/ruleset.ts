import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { proxyModeOf } from '../cluster/config.ts'
import { applyCommands } from '../kernel/netfilter/apply.ts'
import { BASE_CHAINS } from '../kernel/netfilter/hooks.ts'
import { printRule } from '../kernel/netfilter/print.ts'
import { type Chain, EMPTY_RULESET, type Ruleset, type Table, type TableName } from '../kernel/netfilter/ruleset.ts'
import { type Ip, type IpFamily, LOOPBACK } from '../net/ip.ts'
import { FLANNEL_JUMPS, flannelChains } from './flannel.ts'
import { CANARY_TABLES, JUMPS, KUBE_PROXY, runningConfig } from './kube-proxy/fixed-rules.ts'
import type { IpvsProxy } from './kube-proxy/ipvs/ipvs-proxy.ts'
import { IPVS_JUMPS } from './kube-proxy/ipvs/rules.ts'
import { type KubeProxy, kubeProxy } from './kube-proxy/kube-proxy.ts'
import { kubeProxyRestoreText } from './kube-proxy/restore-text.ts'
import { serviceMap } from './kube-proxy/service-map.ts'
import { type Line, lineChain } from './line-chain.ts'
import { Memo } from './memo.ts'
import { nodeFacts, type PodNetwork } from './node-facts.ts'
import { nodeIpvsProxy } from './node-ipvs.ts'
import { hasBridge } from './node-pods.ts'
import type { PortmapRules } from './portmap/portmap.ts'
import { hostPortPods, nodePortmap } from './portmap/sandboxes.ts'

/** Who writes rules on a node, in the order in which they start. */
export type RuleAgent = 'kube-proxy' | 'flannel' | 'cni' | 'admin'
const ALL: readonly RuleAgent[] = ['kube-proxy', 'flannel', 'cni', 'admin']

const rulesets = new Memo<Node, Ruleset>()

/** The rules of a node as all of its agents leave them, each chain made when it is visited. */
export const nodeRuleset = (cluster: Cluster, node: Node): Ruleset =>
  rulesets.get(
    node,
    [cluster.config, cluster.objects.Service, cluster.objects.EndpointSlice, hasBridge(cluster, node), hostPortPods(cluster, node)],
    () => makeRuleset(cluster, node, ALL),
  )

/** The same of some agents only. Empty for a node that does not exist. */
export function rulesetOf(cluster: Cluster, nodeName: string, agents: readonly RuleAgent[] = ALL): Ruleset {
  const node = get(cluster, 'Node', '', nodeName)
  if (!node) return EMPTY_RULESET
  return agents === ALL ? nodeRuleset(cluster, node) : makeRuleset(cluster, node, agents)
}

function makeRuleset(cluster: Cluster, node: Node, agents: readonly RuleAgent[]): Ruleset {
  const { name } = node.metadata
  const layers = layersOf(cluster, node, agents)
  const ruleset: Ruleset = {
    tables: new Map(tablesOf(layers).map((one) => [one, table(one, layers)])),
    sets: layers.proxy?.sets ?? new Map(),
  }
  const commands = agents.includes('admin') ? (cluster.config.admin.rules[name] ?? []) : []
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

/** What kube-proxy on a node feeds to iptables-restore. */
export function restoreText(cluster: Cluster, nodeName: string): string {
  const node = get(cluster, 'Node', '', nodeName)
  const ipvs = ipvsProxyOf(cluster, nodeName, ALL, 'IPv4')
  if (ipvs) return ipvs.restoreText()
  return node ? kubeProxyRestoreText(proxyOf(cluster, node), runningConfig(cluster.config.proxy), localAddresses(cluster, node)) : ''
}

function proxyOf(cluster: Cluster, node: Node): KubeProxy {
  const { name, zone, ip } = nodeFacts(node)
  return kubeProxy({
    map: serviceMap(cluster),
    proxy: runningConfig(cluster.config.proxy),
    node: { name, zone, ip },
    addresses: localAddresses(cluster, node),
  })
}

/** Addresses of all devices of a node, as net.InterfaceAddrs lists them; of those that exist when only some agents have run. */
export function localAddresses(cluster: Cluster, node: Node, agents: readonly RuleAgent[] = ALL): readonly Ip[] {
  const { ip, pods } = nodeFacts(node)
  return [
    LOOPBACK,
    ...(ip ? [ip] : []),
    ...(pods && ip && agents.includes('flannel') && cluster.config.flannel.backend === 'vxlan' ? [pods.base] : []),
    ...(pods && agents.includes('cni') && hasBridge(cluster, node) ? [pods.gateway] : []),
  ]
}

/** Tables exist when somebody wrote into them. */
const tablesOf = ({ proxy, flannel, portmap }: Layers): readonly TableName[] =>
  proxy ? proxy.tables : flannel ? (Object.keys(FLANNEL_JUMPS) as TableName[]) : portmap ? ['nat'] : []

/** What kube-proxy writes with iptables, in whichever mode. */
interface Proxy extends Pick<KubeProxy, 'chain' | 'chainNames' | 'saved'> {
  readonly jumps: typeof JUMPS
  readonly tables: readonly TableName[]
  readonly sets: Ruleset['sets']
}

function proxyRules(cluster: Cluster, node: Node, agents: readonly RuleAgent[]): Proxy | undefined {
  const ipvs = nodeIpvsProxy(cluster, node, localAddresses(cluster, node, agents), 'IPv4')
  if (ipvs) {
    const { sets, chain, chainNames, saved } = ipvs
    return { chain, chainNames, saved, jumps: IPVS_JUMPS, tables: ['filter', 'nat'], sets }
  }
  if (proxyModeOf(cluster.config, node.metadata.name) !== 'iptables') return undefined
  const { chain, chainNames, saved } = proxyOf(cluster, node)
  return { chain, chainNames, saved, jumps: JUMPS, tables: CANARY_TABLES, sets: new Map() }
}

interface Layers {
  /** Not in nftables mode. */
  readonly proxy: Proxy | undefined
  readonly flannel: { readonly podCIDR: string; readonly pods: PodNetwork } | undefined
  /** Of table nat alone. */
  readonly portmap: PortmapRules | undefined
}

function layersOf(cluster: Cluster, node: Node, agents: readonly RuleAgent[]): Layers {
  const { ip, pods } = nodeFacts(node)
  return {
    proxy: agents.includes('kube-proxy') ? proxyRules(cluster, node, agents) : undefined,
    flannel: agents.includes('flannel') && pods && ip ? { podCIDR: cluster.config.podCIDR, pods } : undefined,
    portmap: agents.includes('cni') ? nodePortmap(cluster, node, 'IPv4') : undefined,
  }
}

/** kube-proxy inserts at the front of base chains and flannel appends, whichever is first; the portmap plugin comes after both and does either. */
function table(name: TableName, { proxy, flannel, portmap }: Layers): Table {
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
    base.set(hook, lineChain(hook, lines, { policy: 'ACCEPT', registered: lines.length > 0 }))
  }
  const written = [...Object.entries((flannel && flannelChains(flannel.podCIDR, flannel.pods)[name]) ?? {}), ...(ports?.chains ?? [])]
  const others = new Map(written.map(([chain, lines]) => [chain, lineChain(chain, lines)]))
  return {
    name,
    chain: (chain) => base.get(chain) ?? others.get(chain) ?? proxy?.chain(name, chain),
    chainNames: () => [...base.keys(), ...[...others.keys(), ...(proxy?.chainNames(name) ?? [])].sort()],
    savedRules() {
      const rules = new Map<string, string>(proxy?.saved(name))
      for (const chain of [...base.values(), ...others.values()]) rules.set(chain.name, printed(chain))
      const user = [...rules.keys()].filter((chain) => !base.has(chain)).sort()
      return new Map([...base.keys(), ...user].map((chain) => [chain, rules.get(chain) ?? '']))
    },
  }
}

const printed = (chain: Chain): string => Array.from({ length: chain.length }, (_, i) => printRule(chain.name, chain.rule(i))).join('\n')
