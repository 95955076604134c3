import type { ProxyConfig, IpvsScheduler } from '../../../cluster/config.ts'
import type { Ipvs } from '../../../kernel/ipvs/ipvs.ts'
import type { IpSet } from '../../../kernel/netfilter/ipset.ts'
import { printRule } from '../../../kernel/netfilter/print.ts'
import type { Chain, TableName } from '../../../kernel/netfilter/ruleset.ts'
import { contains, parseCidr } from '../../../net/cidr.ts'
import { type Ip, type IpFamily, familyOf, LOOPBACK6 } from '../../../net/ip.ts'
import { type Line, lineChain } from '../../line-chain.ts'
import { type EndpointInfo, endpointsOf, type NodeView } from '../endpoints.ts'
import type { ServiceMap } from '../service-map.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { IPVS_CHAINS, type RuleInput, ruleLines } from './rules.ts'
import { boundAddresses, type ServiceAddresses } from './service-addresses.ts'
import { type LocalEndpoint, proxySets } from './sets.ts'
import { virtualServers } from './virtual-servers.ts'

/** kube-proxy on one node in IPVS mode for one family: virtual servers, sets, rules, and the addresses of kube-ipvs0. */
export interface IpvsProxy {
  readonly ipvs: Omit<Ipvs, 'sysctls'>
  readonly sets: ReadonlyMap<string, IpSet>
  readonly addresses: readonly Ip[]
  chain(table: TableName, name: string): Chain | undefined
  chainNames(table: TableName): readonly string[]
  /** The rules of each of its chains in a table, as iptables-save prints them. */
  saved(table: TableName): Map<string, string>
  /** What it feeds to iptables-restore. */
  restoreText(): string
}

export interface IpvsProxyInput {
  readonly map: ServiceMap
  readonly addresses: ServiceAddresses
  readonly proxy: ProxyConfig
  readonly node: NodeView
  /** Addresses of the node's own devices. */
  readonly localAddresses: readonly Ip[]
  readonly family: IpFamily
}

export const schedulerOf = ({ ipvs }: ProxyConfig): IpvsScheduler => ipvs?.scheduler ?? 'rr'

export function ipvsProxy({ map, addresses, proxy, node, localAddresses, family }: IpvsProxyInput): IpvsProxy {
  const own = map.of(node)
  const programOf = (port: ServicePortInfo) => map.shared.programOf(port) ?? own.programOf(port)
  const nodeAddresses = nodePortAddresses(proxy, localAddresses, family)
  const endpoints = (port: ServicePortInfo): readonly EndpointInfo[] => programOf(port)?.endpoints() ?? []
  const bound = boundAddresses(addresses, localAddresses)
  const sets = proxySets({
    addresses,
    node,
    nodeAddresses,
    bound,
    family,
    localEndpoints: () => localEndpoints(addresses, programOf, node),
  })
  const rules: RuleInput = { addresses, sets, proxy, node, family }
  const chains = new Map<string, ReadonlyMap<string, Chain>>()
  const chainsOf = (table: TableName): ReadonlyMap<string, Chain> => {
    let known = chains.get(table)
    if (!known)
      chains.set(table, (known = table === 'nat' || table === 'filter' ? byChain(ruleLines(rules, table), IPVS_CHAINS[table]) : NONE))
    return known
  }
  return {
    ipvs: virtualServers({ addresses, node, nodeAddresses, scheduler: schedulerOf(proxy), endpointsOf: endpoints }),
    sets: sets.byName,
    addresses: bound.list,
    chain: (table, name) => chainsOf(table).get(name),
    chainNames: (table) => [...chainsOf(table).keys()],
    saved: (table) => new Map([...chainsOf(table)].map(([name, chain]) => [name, printed(chain)])),
    restoreText: () => [...restoreTable('nat', rules), ...restoreTable('filter', rules), ''].join('\n'),
  }
}

const NONE: ReadonlyMap<string, Chain> = new Map()

function byChain(lines: readonly Line[], names: readonly string[]): ReadonlyMap<string, Chain> {
  const byName = new Map<string, Line[]>(names.map((name) => [name, []]))
  for (const line of lines) byName.get(line.text.split(' ', 2)[1] ?? '')?.push(line)
  return new Map([...byName].map(([name, some]) => [name, lineChain(name, some)]))
}

const printed = (chain: Chain): string => Array.from({ length: chain.length }, (_, i) => printRule(chain.name, chain.rule(i))).join('\n')

const restoreTable = (table: 'nat' | 'filter', rules: RuleInput): readonly string[] => [
  `*${table}`,
  ...IPVS_CHAINS[table].map((name) => `:${name} - [0:0]`),
  ...ruleLines(rules, table).map(({ text }) => text),
  'COMMIT',
]

/** Node ports are open on all addresses of the node's devices but loopback, or on those that nodePortAddresses select. */
function nodePortAddresses({ nodePortAddresses: selected }: ProxyConfig, local: readonly Ip[], family: IpFamily): readonly Ip[] {
  const own = local.filter((ip) => familyOf(ip) === family && !ip.startsWith('127.') && ip !== LOOPBACK6)
  const prefixes = selected.flatMap((text) => parseCidr(text) ?? []).filter(({ ip }) => familyOf(ip) === family)
  if (prefixes.length === 0 || prefixes.some(({ length }) => length === 0)) return own
  return own.filter((ip) => prefixes.some((prefix) => contains(prefix, ip)))
}

type Programs = (port: ServicePortInfo) => { readonly slices: Parameters<typeof endpointsOf>[1] } | undefined

/** Endpoints on this node, ready or not. Services without any cost no list. */
function* localEndpoints({ ports }: ServiceAddresses, programOf: Programs, node: NodeView): Generator<LocalEndpoint> {
  for (const port of ports) {
    const slices = programOf(port)?.slices ?? []
    if (!slices.some((slice) => slice.endpoints?.some(({ nodeName }) => nodeName === node.name))) continue
    for (const { ip, address, nodeName } of endpointsOf(port, slices))
      if (nodeName === node.name) yield { ip, port: Number(address.slice(address.lastIndexOf(':') + 1)), protocol: port.protocol }
  }
}
